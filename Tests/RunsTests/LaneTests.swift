import JSON
import Store
import Testing

@testable import Runs

@Suite struct LaneTests {
  @Test("a run that another lane took up again still hears what it is asked")
  func handover() async throws {
    let bench = try Bench(RunServiceConfiguration(workers: 2))
    try await bench.service.start()
    let run = try await bench.service.submit(
      Bench.request(try await bench.dataset(), ["epochs": 1_000_000]))
    for _ in 0..<40 {
      _ = try await bench.wait(run.id, [.running])
      _ = try await bench.service.pause(run.id)
      // As soon as it is paused, while its lane is still on the way out.
      while try await bench.store.runs.get(run.id)?.state != .paused { await Task.yield() }
      _ = try await bench.service.resume(run.id)
    }
    _ = try await bench.wait(run.id, [.running])
    _ = try await bench.service.cancel(run.id)
    #expect(try await bench.wait(run.id).state == .cancelled)
    await bench.stop()
  }

  @Test("a run is queued before it runs, as everyone is told, however fast a lane is")
  func order() async throws {
    let bench = try Bench(RunServiceConfiguration(workers: 2))
    try await bench.service.start()
    let body = Bench.request(try await bench.dataset(), ["epochs": 1])
    var runs: [RunID] = []
    for _ in 0..<30 { runs.append(try await bench.service.submit(body).id) }
    for run in runs {
      let states = try await bench.events(run).filter { $0.kind == .state }
        .compactMap { try JSON(parsing: $0.data)["state"]?.string }
      #expect(states == ["queued", "running", "succeeded"])
    }
    await bench.stop()
  }
}
