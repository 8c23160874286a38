import Foundation
import JSON
import Store
import Testing
import Training

@testable import Runs

/// What a client asked of a running run is done, whatever dies before.
@Suite struct WishTests {
  /// A folder in which a run stands as running, at a step of its own, though no server runs it.
  private func abandoned(
    _ folder: URL, asked wish: RunWish, at step: Int = 0, deaths: Int = 0
  ) async throws -> RunRecord {
    let bench = try await Bench.reopened(folder)
    let data = try await bench.dataset()
    let queued = try await bench.store.runs.insert(
      NewRun(
        name: nil, priority: 0, model: nil, datasets: .init(train: data),
        request: "\(Bench.request(data, ["epochs": 100_000]))", tags: "{}"))
    _ = try bench.store.runs.claim(queued.id)
    var batch = HistoryBatch()
    batch.progress = RunRecord.Progress()
    batch.progress?.step = step
    try bench.store.history.append(batch, to: queued.id, attempt: 1, committed: { _ in })
    return try #require(try await bench.store.runs.ask(wish, of: queued.id)).run
  }

  private func withFolder(_ body: (URL) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder)
  }

  @Test("the next server pauses or cancels a run without training it")
  func withoutTraining() async throws {
    for (wish, state) in [(RunWish.pause, RunState.paused), (.cancel, .cancelled)] {
      try await withFolder { folder in
        let run = try await abandoned(folder, asked: wish, at: 12)
        let bench = try await Bench.reopened(folder)
        try await bench.service.start()
        let now = try #require(try await bench.store.runs.get(run.id))
        #expect(now.state == state && now.wish == nil && now.attempt == 1)
        await bench.stop()
      }
    }
  }

  @Test("the next server has a run come again to where it was, and stops it there")
  func stopping() async throws {
    try await withFolder { folder in
      let run = try await abandoned(folder, asked: .stop, at: 30)
      let bench = try await Bench.reopened(folder)
      #expect(try await bench.service.json(run)["requested"] == "stop")
      try await bench.service.start()
      let stopped = try await bench.wait(run.id)
      #expect(stopped.state == .succeeded && stopped.stateReason == .stopped)
      #expect(stopped.progress.step == 30 && stopped.attempt == 2)
      let straight = try await bench.service.submit(
        Bench.request(run.datasets.train, ["epochs": .null, "steps": 30]))
      _ = try await bench.wait(straight.id)
      #expect(try await bench.weights(run.id) == bench.weights(straight.id))
      #expect(try await bench.losses(run.id) == bench.losses(straight.id))
      await bench.stop()
    }
  }

  @Test("a run that kills its process is cancelled or paused as it was asked to, not set aside")
  func afterDeaths() async throws {
    for (wish, state) in [(RunWish.pause, RunState.paused), (.cancel, .cancelled)] {
      try await withFolder { folder in
        let run = try await abandoned(folder, asked: wish)
        let note = folder.appending(path: "crash-note")
        try Data("11 \(run.id)\n".utf8).write(to: note)
        let bench = try Bench(folder: folder, RunServiceConfiguration(crashNote: note))
        try await bench.service.start()
        let now = try #require(try await bench.store.runs.get(run.id))
        #expect(now.state == state && now.waiting.deaths == 1)
        await bench.stop()
      }
    }
  }

  @Test("a server that goes down does first what was asked", arguments: RunWish.allCases)
  func goingDown(wish: RunWish) async throws {
    try await withFolder { folder in
      let bench = try await Bench.reopened(folder)
      try await bench.service.start()
      let run = try await bench.service.submit(
        Bench.request(try await bench.dataset(), ["epochs": 100_000]))
      _ = try await bench.wait(run.id, [.running])
      let asked =
        switch wish {
        case .pause: try await bench.service.pause(run.id)
        case .stop: try await bench.service.stop(run.id)
        case .cancel: try await bench.service.cancel(run.id)
        }
      #expect(asked.wish == wish)
      await bench.stop()
      let now = try await bench.wait(run.id, Set(RunState.allCases).subtracting([.running]))
      let expected: [RunWish: RunState] = [
        .pause: .paused, .stop: .succeeded, .cancel: .cancelled,
      ]
      #expect(now.state == expected[wish] && now.wish == nil && now.attempt == 1)
    }
  }

  @Test("of two wishes the stronger is done, in whatever order they come")
  func strongest() async throws {
    let bench = try Bench()
    try await bench.service.start()
    let data = try await bench.dataset()
    let run = try await bench.service.submit(Bench.request(data, ["epochs": 100_000]))
    _ = try await bench.wait(run.id, [.running])
    _ = try await bench.store.runs.ask(.cancel, of: run.id)
    // The lane isn't told of the first; what it comes to for the second must yield to it.
    bench.service.active.withLock { $0[run.id] }?.request(.pause)
    #expect(try await bench.wait(run.id).state == .cancelled)
    await bench.stop()
  }
}
