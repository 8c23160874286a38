import Foundation
import JSON
import Store
import Testing

@testable import Runs

@Suite struct RunServiceTests {
  @Test("a run is told of from its queueing to its end, to every reader alike")
  func events() async throws {
    let bench = try Bench()
    try await bench.service.start()
    let run = try await bench.service.submit(Bench.request(try await bench.dataset()))
    let live = try await bench.events(run.id)
    let kinds = live.map(\.kind)
    #expect(Array(kinds.prefix(3)) == [.state, .state, .checkpoint])
    #expect(Array(kinds.suffix(2)) == [.state, .end])
    #expect(kinds.filter { $0 == .epoch }.count == 5)
    #expect(live.map(\.id) == live.map(\.id).sorted() && Set(live.map(\.id)).count == live.count)
    for (index, event) in live.dropLast().enumerated() {
      #expect(try await bench.events(run.id, after: event.id) == Array(live[(index + 1)...]))
    }
    // A hub that has forgotten it all sends the reader to the store.
    let fresh = ProgressHub(lastID: try bench.store.events.lastID())
    var stored: [RunEvent] = []
    for try await event in RunEventStream(
      store: bench.store, hub: fresh, run: run.id, cursor: 0)
    {
      stored.append(event)
    }
    #expect(stored == live)
    #expect(try await bench.losses(run.id).count == 65)
    await bench.stop()
  }

  @Test("a run that was paused goes on to the bits of one that wasn't")
  func pause() async throws {
    let bench = try Bench()
    try await bench.service.start()
    let data = try await bench.dataset()
    let body = Bench.request(data, ["epochs": 400])
    let straight = try await bench.service.submit(body)
    _ = try await bench.wait(straight.id)
    let paused = try await bench.service.submit(body)
    // On a machine that is busy with other things it may be over before it is asked.
    if try await bench.wait(paused.id, [.running, .succeeded]).state == .running {
      _ = try? await bench.service.pause(paused.id)
    }
    let waiting = try await bench.wait(paused.id, [.paused, .succeeded])
    // The lane is free for another meanwhile.
    let other = try await bench.service.submit(Bench.request(data))
    #expect(try await bench.wait(other.id).state == .succeeded)
    if waiting.state == .paused { _ = try await bench.service.resume(paused.id) }
    #expect(try await bench.wait(paused.id).state == .succeeded)
    #expect(try await bench.weights(paused.id) == bench.weights(straight.id))
    #expect(try await bench.losses(paused.id) == bench.losses(straight.id))
    await bench.stop()
  }

  @Test("a server that ends has its runs go on in the next, with no step or epoch told twice")
  func drain() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (id, straight): (RunID, RunID)
    do {
      let bench = try Bench(folder: folder)
      try await bench.service.start()
      let body = Bench.request(try await bench.dataset(), ["epochs": 300])
      straight = try await bench.service.submit(body).id
      _ = try await bench.wait(straight)
      id = try await bench.service.submit(body).id
      _ = try await bench.wait(id, [.running, .succeeded])
      try await Task.sleep(for: .milliseconds(30))
      await bench.stop()
      let state = try await bench.store.runs.get(id)?.state
      #expect(state == .queued || state == .succeeded)
      await #expect(throws: RunError.self) { _ = try await bench.service.submit(body) }
    }
    let bench = try await Bench.reopened(folder)
    try await bench.service.start()
    #expect(try await bench.wait(id).state == .succeeded)
    #expect(try await bench.weights(id) == bench.weights(straight))
    #expect(try await bench.losses(id) == bench.losses(straight))
    let epochs = try await bench.events(id).filter { $0.kind == .epoch }
      .compactMap { try JSON(parsing: $0.data)["epoch"]?.integer }
    #expect(epochs == Array(1...300))
    await bench.stop()
  }

  @Test("cancel and stop end a run where it stands, and say no to what can't be")
  func endings() async throws {
    let bench = try Bench()
    let data = try await bench.dataset()
    try await bench.service.start()
    let long = Bench.request(data, ["epochs": 100_000])
    let first = try await bench.service.submit(long)
    let second = try await bench.service.submit(long)
    _ = try await bench.wait(first.id, [.running])
    #expect(try await bench.service.cancel(second.id).state == .cancelled)
    await #expect(throws: RunError.self) { _ = try await bench.service.stop(second.id) }
    await #expect(throws: StoreError.self) { try await bench.service.delete(first.id) }
    _ = try await bench.service.stop(first.id)
    let stopped = try await bench.wait(first.id)
    #expect(stopped.state == .succeeded && stopped.stateReason == .stopped)
    #expect(try await !bench.weights(first.id).isEmpty)
    let third = try await bench.service.submit(long)
    _ = try await bench.wait(third.id, [.running])
    _ = try await bench.service.cancel(third.id)
    #expect(try await bench.wait(third.id).stateReason == .cancelled)
    #expect(try await bench.service.cancel(third.id).state == .cancelled, "again, to no effect")
    try await bench.service.delete(third.id)
    #expect(try await bench.store.runs.get(third.id) == nil)
    await bench.stop()
  }

  @Test("a run that blows up fails, and says where")
  func divergence() async throws {
    let bench = try Bench()
    try await bench.service.start()
    let body = Bench.request(
      try await bench.dataset(),
      [
        "epochs": 50, "loss": "mean_squared_error",
        "optimizer": ["type": "sgd", "learning_rate": 100],
      ])
    let patched = RunService.merged(
      body,
      [
        "model": [
          "layers": [
            ["type": "dense", "units": 8], ["type": "dense", "units": 2],
          ]
        ]
      ])
    let run = try await bench.wait(try await bench.service.submit(patched).id)
    #expect(run.state == .failed)
    #expect(run.stateReason == .nonFinite || run.stateReason == .diverged)
    let error = RunService.parsed(run.error)
    #expect(error["step"]?.integer ?? 0 > 0)
    #expect(error["detail"]?.string?.isEmpty == false)
    await bench.stop()
  }

  @Test("what doesn't go together is refused with its place, and the queue has an end")
  func refusals() async throws {
    let bench = try Bench(RunServiceConfiguration(longestQueue: 2))
    let data = try await bench.dataset()
    await #expect(throws: RunError.self) {
      _ = try await bench.service.submit(Bench.request(data))
    }
    try await bench.service.start()
    let missing = RunService.merged(
      Bench.request(data), ["dataset": .string(DatasetID.make().rawValue)])
    let shape = RunService.merged(Bench.request(data), ["model": ["input": ["shape": [3]]]])
    for (body, pointer) in [(missing, "/dataset"), (shape, "/dataset")] {
      do {
        _ = try await bench.service.submit(body)
        Issue.record("taken: \(body)")
      } catch let faults as Faults {
        #expect(faults.all.map(\.pointer).contains(pointer), "\(faults)")
      }
    }
    let long = Bench.request(data, ["epochs": 100_000])
    let runs = [try await bench.service.submit(long)]
    _ = try await bench.wait(runs[0].id, [.running])
    for _ in 0..<2 { _ = try await bench.service.submit(long) }
    do {
      _ = try await bench.service.submit(long)
      Issue.record("the queue has no end")
    } catch let error as RunError {
      #expect(error.code == .queueFull)
    }
    _ = try await bench.service.cancel(runs[0].id)
    await bench.stop()
  }
}
