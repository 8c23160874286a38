import Foundation
import JSON
import Store
import Synchronization
import Testing
import Training

@testable import Runs

/// What becomes of runs when their process dies or their store fails.
@Suite struct RecoveryTests {
  /// A folder in which a run stands as running though no server runs it.
  private func abandoned(_ folder: URL, deaths: Int = 0, threads: Int = 1) async throws -> RunID {
    let bench = try Bench(folder: folder)
    let data = try await bench.dataset()
    let queued = try await bench.store.runs.insert(
      NewRun(
        name: nil, priority: 0, model: nil, datasets: .init(train: data),
        request: "\(Bench.request(data))", tags: "{}", needs: "{\"threads\":\(threads)}"))
    let run = try #require(try bench.store.runs.claim(queued.id))
    guard deaths > 0 else { return run.id }
    var change = RunChange()
    change.deaths = deaths
    _ = try bench.store.runs.move(
      run, to: .queued, reason: nil, change: change, events: { _ in [] }, committed: { _ in })
    _ = try bench.store.runs.claim(run.id)
    return run.id
  }

  private func opened(_ folder: URL, note: String) throws -> Bench {
    let file = folder.appending(path: "crash-note")
    try Data(note.utf8).write(to: file)
    return try Bench(folder: folder, RunServiceConfiguration(crashNote: file))
  }

  @Test("a note names the signal and the run; anything else is none")
  func notes() throws {
    let id = RunID.make()
    let note = try #require(CrashNote("11 \(id)\n"))
    #expect(note.run == id && note.death == "signal 11 (SIGSEGV)")
    #expect(CrashNote("6 \n")?.run == nil)
    #expect(CrashNote("6 \n")?.signal == 6)
    #expect(CrashNote("") == nil && CrashNote("run_1") == nil)
  }

  @Test(
    "a death that was a run's doing counts against it, one of another run's or from outside doesn't",
    arguments: ["own", "helper", "unnamed", "other", "none"])
  func firstDeath(whose: String) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let id = try await abandoned(folder, threads: whose == "helper" ? 2 : 1)
    let note = [
      "own": "11 \(id)\n", "unnamed": "4 \n", "helper": "4 \n",
      "other": "11 \(RunID.make())\n",
    ][whose]
    let bench = try note.map { try opened(folder, note: $0) } ?? Bench(folder: folder)
    try await bench.service.start()
    let run = try await bench.wait(id)
    #expect(run.state == .succeeded && run.attempt == 2)
    let isGuilty = whose == "own" || whose == "helper"
    #expect(run.waiting.deaths == (isGuilty ? 1 : 0))
    let logs = try await bench.store.history.logs(id, after: 0, limit: 100).map(\.log.message)
    #expect(logs.contains { $0.contains("The process died") } == isGuilty)
    await bench.stop()
  }

  @Test("after the second death the run is set aside with its evidence, and never tried again")
  func quarantine() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let id = try await abandoned(folder, deaths: 1)
    let bench = try opened(folder, note: "8 \(id)\n")
    try await bench.service.start()
    let run = try #require(try await bench.store.runs.get(id))
    #expect(run.state == .failed && run.stateReason == .quarantined)
    #expect(run.error?.contains("SIGFPE") == true && run.error?.contains("attempt 2") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "crash-note").path))
    await bench.stop()
  }

  /// Fails a number of times, then trains.
  private final class FailingExecutor: RunExecutor {
    let failures: Mutex<Int>
    let error: StoreError

    init(_ count: Int, _ error: StoreError) {
      failures = Mutex(count)
      self.error = error
    }

    func execute(
      _ job: TrainingJob, control: TrainingControl, observer: any TrainingObserver
    ) throws -> Outcome {
      let fails = failures.withLock { left in
        left -= 1
        return left >= 0
      }
      if fails { throw error }
      return try LocalExecutor().execute(job, control: control, observer: observer)
    }

    func examine(
      _ job: TrainingJob, step: Int, control: TrainingControl
    ) throws -> ExaminedStep? { nil }
  }

  @Test("what may pass is tried again after a while; what doesn't isn't")
  func retries() async throws {
    let passing = FailingExecutor(1, StoreError(.diskFull, "the disk is full"))
    let bench = try Bench(RunServiceConfiguration(), executor: passing)
    try await bench.service.start()
    let run = try await bench.service.submit(Bench.request(try await bench.dataset()))
    let ended = try await bench.wait(run.id)
    let told = try await bench.events(run.id).filter { $0.kind == .state }.map(\.data)
    #expect(told.contains { $0.contains("\"queued\"") && $0.contains("disk_full") })
    #expect(ended.state == .succeeded && ended.attempt == 2)
    await bench.stop()

    let lasting = FailingExecutor(1, StoreError(.corrupt, "a page is damaged"))
    let other = try Bench(RunServiceConfiguration(), executor: lasting)
    try await other.service.start()
    let failing = try await other.service.submit(Bench.request(try await other.dataset()))
    let failed = try await other.wait(failing.id)
    #expect(failed.state == .failed && failed.attempt == 1)
    await other.stop()
  }

  @Test("each retry waits twice as long, and runs that failed together return apart")
  func pauses() {
    let ids = (0..<20).map { _ in RunID.make() }
    for retry in 1...5 {
      let least = 5 * Double(1 << (retry - 1))
      let pauses = ids.map { RunService.pause(before: retry, of: $0) }
      #expect(pauses.allSatisfy { $0 >= least && $0 <= least * 1.25 })
      #expect(Set(pauses).count > 5)
    }
  }
}
