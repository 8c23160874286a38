import Foundation
import SQLite
import Synchronization
import Testing

@testable import Store

@Suite struct StoreTests {
  @Test("a second store on the folder is refused, and let in once the first is gone")
  func lock() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    do {
      let first = try Store(directory: folder)
      do {
        _ = try Store(directory: folder)
        Issue.record("two stores on one folder")
      } catch {
        #expect(error.code == .locked)
      }
      withExtendedLifetime(first) {}
    }
    _ = try Store(directory: folder)
  }

  @Test("a changed migration and a newer database are refused")
  func migrations() throws {
    for change in [
      "UPDATE migration SET sha256 = 'x'", "INSERT INTO migration VALUES (99, '0099_later', 'x')",
    ] {
      let scratch = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
      defer { try? FileManager.default.removeItem(at: scratch) }
      do { _ = try Store(directory: scratch) }
      let path = scratch.appending(path: "chainrule.sqlite").path
      try SQLiteConnection(path: path, mode: .readWrite).execute(script: change)
      do {
        _ = try Store(directory: scratch)
        Issue.record("opened after \(change)")
      } catch {
        #expect(error.code == .incompatible)
      }
    }
  }

  @Test("ids grow, also within a millisecond and when the clock goes back")
  func identifiers() {
    let ids = (0..<2000).map { _ in RunID.make() }
    #expect(ids == ids.sorted() && Set(ids).count == 2000)
    #expect(ULID.next(milliseconds: 1) > ids[1999].rawValue.dropFirst(4))
    // One that another server made, later within the millisecond.
    let stored = ULID.next().prefix(16) + "ZZZZZZZZZZ"
    ULID.go(after: stored)
    #expect(ULID.next(milliseconds: 1) > stored)
    #expect(RunID("run_" + "0" + String(repeating: "Z", count: 25)) != nil)
    for text in ["run_", "ds_01M85K", "run_" + String(repeating: "U", count: 26), "x"] {
      #expect(RunID(text) == nil)
    }
  }

  @Test("a dataset goes only when no run that isn't over uses it, its folder with the last")
  func datasets() async throws {
    let scratch = try Scratch()
    let first = try await scratch.dataset("same")
    let second = try await scratch.dataset("same")
    let run = try await scratch.run(first.id)
    await #expect(throws: StoreError.self) { try await scratch.store.datasets.delete(first.id) }
    _ = try scratch.move(run, to: .cancelled)
    #expect(try await scratch.store.datasets.delete(first.id).isUnused == false)
    #expect(try await scratch.store.datasets.delete(second.id).isUnused)
    await #expect(throws: StoreError.self) { _ = try await scratch.run(first.id) }
  }

  @Test(
    "a queued run is claimed once; what moves with its state is kept, and it waits anew when it is queued again"
  )
  func claims() async throws {
    let scratch = try Scratch()
    let queued = try await scratch.run(try await scratch.dataset().id)
    let claimed = try #require(try scratch.store.runs.claim(queued.id))
    #expect(claimed.state == .running && claimed.attempt == 1 && claimed.startedAt != nil)
    #expect(try scratch.store.runs.claim(queued.id) == nil)
    try await Task.sleep(for: .milliseconds(5))
    var change = RunChange()
    change.notBefore = 77
    change.retries = 2
    change.deaths = 1
    change.amendments = "[1]"
    let again = try #require(
      try scratch.store.runs.move(
        claimed, to: .queued, reason: .workerLost, change: change, events: { _ in [] },
        committed: { _ in }))
    #expect(again.waiting.since > queued.waiting.since)
    #expect(again.waiting.notBefore == 77 && again.waiting.retries == 2)
    #expect(again.waiting.deaths == 1 && again.amendments == "[1]")
    let second = try #require(try scratch.store.runs.claim(queued.id))
    #expect(second.attempt == 2 && second.waiting.retries == 2)
  }

  @Test(
    "a wish of a running run is kept until it is done; the strongest holds, and nobody moves a run without seeing it"
  )
  func wishes() async throws {
    let scratch = try Scratch()
    let queued = try await scratch.run(try await scratch.dataset().id)
    let runs = scratch.store.runs
    #expect(try await runs.ask(.pause, of: queued.id) == nil)
    let claimed = try #require(try runs.claim(queued.id))
    #expect(try await runs.ask(.stop, of: queued.id)?.isNews == true)
    let weaker = try #require(try await runs.ask(.pause, of: queued.id))
    #expect(weaker.run.wish == .stop && !weaker.isNews)
    #expect(try scratch.move(claimed, to: .paused) == nil)
    let again = try #require(try scratch.move(weaker.run, to: .queued))
    #expect(again.wish == .stop)
    let second = try #require(try runs.claim(queued.id))
    #expect(second.wish == .stop)
    #expect(try await runs.ask(.cancel, of: queued.id)?.run.wish == .cancel)
    let last = try #require(try await runs.get(queued.id))
    #expect(try scratch.move(last, to: .cancelled)?.wish == nil)
  }

  @Test("progress doesn't go back while steps are done again")
  func progress() async throws {
    let scratch = try Scratch()
    let queued = try await scratch.run(try await scratch.dataset().id)
    for (attempt, step) in [(1, 50), (2, 20), (3, 60)] {
      let run = try #require(try scratch.store.runs.claim(queued.id))
      var batch = HistoryBatch()
      batch.progress = RunRecord.Progress()
      batch.progress?.step = step
      batch.progress?.epoch = step / 10
      batch.progress?.elapsedSeconds = Double(step)
      try scratch.store.history.append(
        batch, to: queued.id, attempt: attempt, committed: { _ in })
      let progress = try #require(try await scratch.store.runs.get(queued.id)).progress
      let expected = max(50, step)
      #expect(progress.step == expected && progress.epoch == expected / 10)
      #expect(progress.elapsedSeconds == Double(expected))
      _ = try scratch.move(run, to: .queued)
    }
  }

  @Test("lists of runs read no history: they come where there is none to read")
  func lists() async throws {
    let scratch = try Scratch()
    let run = try await scratch.running()
    let other = try SQLiteConnection(
      path: scratch.folder.appending(path: "chainrule.sqlite").path, mode: .readWrite)
    for table in ["step", "point", "block", "histogram", "activation", "event", "log", "finding"] {
      try other.execute("ALTER TABLE \(table) RENAME TO moved_\(table)")
    }
    await #expect(throws: (any Error).self) {
      _ = try await scratch.store.findings.list(run.id, rule: nil, severity: nil, limit: 1)
    }
    #expect(try await scratch.store.runs.list(limit: 10).map(\.id) == [run.id])
    #expect(try await scratch.store.runs.list(state: .running, limit: 10).map(\.id) == [run.id])
    for falling in [true, false] {
      let sorted = try await scratch.store.runs.listByVanishingIndex(falling: falling, limit: 10)
      #expect(sorted.map(\.id) == [run.id])
    }
    #expect(try await scratch.store.runs.get(run.id)?.id == run.id)
  }

  @Test("only the attempt that owns a run writes it, and a step written twice is there once")
  func fencing() async throws {
    let scratch = try Scratch()
    let queued = try await scratch.run(try await scratch.dataset().id)
    let history = scratch.store.history
    let first = try #require(try scratch.store.runs.claim(queued.id))
    try history.append(
      Scratch.steps(1...5, loss: 3), to: queued.id, attempt: 1, committed: { _ in })
    _ = try #require(try scratch.move(first, to: .queued))
    #expect(throws: StoreError.self) {
      try history.append(Scratch.steps(6...7), to: queued.id, attempt: 1, committed: { _ in })
    }
    _ = try scratch.store.runs.claim(queued.id)
    try history.append(Scratch.steps(3...8), to: queued.id, attempt: 2, committed: { _ in })
    #expect(try scratch.move(first, to: .failed) == nil, "seen at another attempt")
    let points = try await history.points(
      queued.id, series: "train_loss", after: 0, through: 100, limit: 100)
    #expect(points.map(\.step) == Array(1...8))
    #expect(points.map(\.value) == [3, 3, 1, 1, 1, 1, 1, 1])
  }

  @Test("gradients come back as they were, by window and parameter")
  func gradients() async throws {
    let scratch = try Scratch()
    let run = try await scratch.run(try await scratch.dataset().id)
    _ = try scratch.store.runs.claim(run.id)
    try scratch.store.history.append(
      Scratch.steps(1...50), to: run.id, attempt: 1, committed: { _ in })
    let rows = try await scratch.store.history.gradients(
      run.id, isClipped: false, positions: [1, 0, 2], after: 9, through: 40, limit: 5)
    #expect(rows.map(\.step) == [10, 11, 12, 13, 14])
    let entries = rows[0].entries
    #expect(entries[1] == GradientSummary(norm: 10, largest: 0.5, mean: -0.25))
    #expect(entries[0]?.nonFinite == 3 && entries[0]?.largest == .infinity)
    #expect(entries[0]?.mean.isNaN == true && entries[2] == nil)
  }

  private final class Told: Sendable {
    let ids = Mutex<[Int64]>([])
  }

  private final class Count: Sendable {
    let value = Atomic<Int>(0)
  }

  @Test("events have ids that grow over all runs, told in the order of their commits")
  func events() async throws {
    let scratch = try Scratch()
    let data = try await scratch.dataset().id
    let runs = [try await scratch.run(data), try await scratch.run(data)]
    let store = scratch.store
    let told = Told()
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<50 {
        group.addTask {
          try? store.events.append(
            [NewEvent(kind: "log", data: "{}"), NewEvent(kind: "log", data: "{}")],
            to: runs[index % 2].id
          ) { events in told.ids.withLock { $0 += events.map(\.id) } }
        }
      }
    }
    let ids = told.ids.withLock { $0 }
    #expect(ids.count == 100 && ids == ids.sorted())
    let own = try await store.events.read(run: runs[0].id, after: ids[10], limit: 1000)
    #expect(own.allSatisfy { $0.run == runs[0].id && $0.id > ids[10] })
    #expect(try await store.events.read(run: nil, after: 0, limit: 30).count == 30)
  }

  @Test("a checkpoint of several chunks reads back by any range, and damage is noticed")
  func checkpoints() async throws {
    let scratch = try Scratch()
    let run = try await scratch.run(try await scratch.dataset().id)
    _ = try scratch.store.runs.claim(run.id)
    // 251 is prime, so that no two chunks begin alike.
    let pattern = (0..<251).map { UInt8($0) }
    var bytes: [UInt8] = []
    while bytes.count < 9 << 20 { bytes.append(contentsOf: pattern) }
    for step in 1...4 {
      var batch = HistoryBatch()
      batch.checkpoints = [
        NewCheckpoint(
          kind: "periodic", step: step, epoch: 1, metric: nil,
          weights: FileContent(step == 4 ? bytes : [UInt8(step)]),
          state: FileContent([UInt8(step)]), keep: 2)
      ]
      try scratch.store.history.append(batch, to: run.id, attempt: 1, committed: { _ in })
    }
    let checkpoints = scratch.store.checkpoints
    #expect(try await checkpoints.list(run.id).map(\.step) == [4, 3])
    let newest = try #require(try await checkpoints.newest(run.id))
    #expect(try await checkpoints.weights(newest) == bytes)
    for (offset, count) in [(0, 1), (4_194_300, 10), (4_194_304, 4_194_304), (9_437_180, 100)] {
      let found = try await checkpoints.read(newest, offset: offset, count: count)
      #expect(found.elementsEqual(bytes[offset..<min(offset + count, bytes.count)]))
    }
    #expect(try checkpoints.newestState(run.id)?.state == [4])
    try await scratch.store.write {
      try $0.execute(
        "UPDATE checkpoint_chunk SET data = x'00' WHERE part IN (SELECT max(id) FROM checkpoint_part)"
      )
    }
    #expect(try checkpoints.newestState(run.id)?.state == [3], "falls back to the one before")
  }

  @Test(
    "the chunks of a large checkpoint go ahead, others write between them, and nobody sees it before it is whole"
  )
  func stagedCheckpoint() async throws {
    let scratch = try Scratch()
    let data = try await scratch.dataset().id
    let run = try #require(try scratch.store.runs.claim(try await scratch.run(data).id))
    let (store, chunk) = (
      scratch.store, [UInt8](repeating: 7, count: CheckpointRepository.chunkBytes)
    )
    func rows(_ table: String) throws -> Int {
      try store.readAndWait { connection in
        try connection.first("SELECT count(*) FROM \(table)") { $0.integer(0) } ?? 0
      }
    }
    func batch(_ step: Int, failing: Bool) -> HistoryBatch {
      var batch = HistoryBatch()
      batch.checkpoints = [
        NewCheckpoint(
          kind: "latest", step: step, epoch: 1, metric: nil,
          weights: FileContent { sink in
            for part in 0..<4 {
              try chunk.withUnsafeBytes(sink)
              // Would wait for ever if the writer were held meanwhile.
              try store.writeAndWait { connection in
                try connection.execute(
                  "UPDATE run SET priority = ? WHERE id = ?",
                  [.integer(step * 10 + part), .text(run.id.rawValue)])
              }
              let seen = try store.checkpoints.newestWeights(run.id)
              #expect(seen == nil || step == 3)
            }
            if failing { throw StoreError(.diskFull, "as if") }
          }, state: FileContent([1]), keep: 1)
      ]
      return batch
    }
    #expect(throws: StoreError.self) {
      try store.history.append(batch(1, failing: true), to: run.id, attempt: 1, committed: { _ in })
    }
    #expect(try rows("checkpoint_chunk") == 3)
    #expect(try await store.checkpoints.list(run.id).isEmpty)
    let faults = try Doctor(folder: scratch.folder).examine().faults
    #expect(!faults.contains { $0.place.contains("checkpoint") })
    let seen = try #require(try await store.runs.get(run.id))
    #expect(seen.priority == 13)
    _ = try scratch.move(seen, to: .queued)
    #expect(try rows("checkpoint_chunk") == 0 && rows("checkpoint") == 0)
    #expect(throws: StoreError.self) {
      try store.history.append(
        batch(2, failing: false), to: run.id, attempt: 1, committed: { _ in })
    }
    #expect(try rows("checkpoint_chunk") == 0, "of an attempt that was given up")
    _ = try store.runs.claim(run.id)
    for _ in 0..<2 {
      try store.history.append(
        batch(3, failing: false), to: run.id, attempt: 2, committed: { _ in })
      let weights = try #require(try store.checkpoints.newestWeights(run.id))
      #expect(weights.count == 4 * chunk.count && weights.allSatisfy { $0 == 7 })
      #expect(try store.checkpoints.newestState(run.id)?.state == [1])
      #expect(try rows("checkpoint") == 1 && rows("checkpoint_part") == 2)
      #expect(try rows("checkpoint_chunk") == 5)
    }
  }

  @Test("what was acknowledged is in a copy taken while others write, and the copy is sound")
  func crash() async throws {
    let scratch = try Scratch()
    let run = try await scratch.run(try await scratch.dataset().id)
    _ = try scratch.store.runs.claim(run.id)
    let store = scratch.store
    let acknowledged = Count()
    let writer = Task.detached {
      for step in 1...400 {
        try store.history.append(
          Scratch.steps(step...step), to: run.id, attempt: 1, committed: { _ in })
        acknowledged.value.store(step, ordering: .sequentiallyConsistent)
      }
    }
    while acknowledged.value.load(ordering: .sequentiallyConsistent) < 50 { await Task.yield() }
    let copy = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: copy) }
    let least = acknowledged.value.load(ordering: .sequentiallyConsistent)
    // The log after the database, as a crash leaves the one no older than the other.
    for name in ["chainrule.sqlite", "chainrule.sqlite-wal"] {
      try FileManager.default.copyItem(
        at: scratch.folder.appending(path: name), to: copy.appending(path: name))
    }
    try await writer.value
    let reopened = try Store(directory: copy)
    let count = try await reopened.history.stepCount(run.id, from: 1, through: 1000)
    #expect(count >= least)
    let check = try await reopened.read {
      try $0.first("PRAGMA integrity_check") { $0.text(0) }
    }
    #expect(check == "ok")
  }

  @Test(
    "what a request makes notes its key in the same transaction, and a request without a key none")
  func keys() async throws {
    let scratch = try Scratch()
    func key(_ name: String) -> RequestKey { RequestKey(key: name, requestDigest: "d \(name)") }
    let dataset = try await RequestKey.$current.withValue(key("a")) {
      try await scratch.dataset()
    }
    let run = try await RequestKey.$current.withValue(key("b")) {
      try await scratch.run(dataset.id)
    }
    let answers = scratch.store.answers
    #expect(try await answers.get("a")?.madeID == dataset.id.rawValue)
    #expect(try await answers.get("b")?.madeID == run.id.rawValue)
    #expect(try await answers.get("b")?.requestDigest == "d b")
    // One that can't be made leaves no key.
    await #expect(throws: StoreError.self) {
      try await RequestKey.$current.withValue(key("c")) {
        _ = try await scratch.run(DatasetID.make())
      }
    }
    #expect(try await answers.get("c") == nil)
    let answer = StoredAnswer(requestDigest: "d b", status: 202, headers: "{}", body: [1])
    try await answers.insert("b", answer)
    #expect(try await answers.get("b") == answer && answer.madeID == nil)
  }

  @Test("an answer is kept under its key")
  func answers() async throws {
    let scratch = try Scratch()
    let answer = StoredAnswer(requestDigest: "d", status: 201, headers: "{}", body: [1, 2])
    try await scratch.store.answers.insert("k", answer)
    #expect(try await scratch.store.answers.get("k") == answer)
    #expect(try await scratch.store.answers.get("other") == nil)
  }
}
