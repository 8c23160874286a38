import Foundation
import SQLite
import Testing

@testable import Store

/// Deleted runs are gone at once, and their rows in short transactions.
@Suite struct RemovalTests {
  /// Rows of runs, and bytes of checkpoints, that a folder's database holds.
  private func held(_ store: Store) async throws -> (rows: Int, bytes: Int) {
    try await store.read { connection in
      var rows = 0
      for table in try Self.tables(connection) {
        rows += try connection.first("SELECT count(*) FROM \(table)") { $0.integer(0) } ?? 0
      }
      let bytes = try connection.first(
        "SELECT count(*), coalesce(sum(length(data)), 0) FROM checkpoint_chunk"
      ) { row in (row.integer(0), row.integer(1)) }
      return (rows + (bytes?.0 ?? 0), bytes?.1 ?? 0)
    }
  }

  /// Every table whose rows belong to runs.
  private static func tables(_ connection: SQLiteConnection) throws -> [String] {
    try connection.query(
      """
      SELECT DISTINCT tables.name FROM sqlite_schema AS tables
      JOIN pragma_foreign_key_list(tables.name) AS owners ON owners."table" = 'run'
      WHERE tables.type = 'table'
      """
    ) { row in row.text(0) }
  }

  /// A run with more of everything than one transaction removes.
  private func large(_ scratch: Scratch, _ dataset: DatasetID) async throws -> RunRecord {
    let run = try #require(try scratch.store.runs.claim(try await scratch.run(dataset).id))
    var batch = Scratch.steps(1...6_000)
    batch.points = (1...12_000).map {
      PointRecord(series: "validation_loss", step: $0, seconds: 1, value: 1)
    }
    batch.logs = [StoredLog(at: 1, level: "info", step: 1, message: "begun")]
    batch.events = (1...300).map { NewEvent(kind: "step", data: "{\"step\":\($0)}") }
    batch.checkpoints = [
      NewCheckpoint(
        kind: "latest", step: 1, epoch: 1, metric: nil,
        weights: FileContent(
          [UInt8](repeating: 7, count: 3 * CheckpointRepository.chunkBytes + 9)),
        state: FileContent([1]), keep: 1)
    ]
    try scratch.store.history.append(batch, to: run.id, attempt: 1, committed: { _ in })
    return try #require(
      try scratch.store.runs.move(
        run, to: .failed, reason: nil,
        events: { _ in [NewEvent(kind: "state", data: "{}"), NewEvent(kind: "end", data: "{}")] },
        committed: { _ in }))
  }

  private func sweepAll(_ store: Store) async throws {
    while try await !store.runs.sweep().isDone {}
  }

  @Test("a deleted run is nowhere to be found, while its rows are still there")
  func sight() async throws {
    let scratch = try Scratch()
    let store = scratch.store
    let dataset = try await scratch.dataset()
    let other = try await scratch.run(dataset.id)
    let run = try await large(scratch, dataset.id)
    try await store.runs.delete(run.id)
    #expect(try await store.runs.get(run.id) == nil)
    #expect(try await store.runs.list(limit: 9).map(\.id) == [other.id])
    #expect(try await store.runs.list(state: .failed, limit: 9).isEmpty)
    for falling in [true, false] {
      let list = try await store.runs.listByVanishingIndex(falling: falling, limit: 9)
      #expect(list.map(\.id) == [other.id])
    }
    #expect(try await store.runs.counts() == [.queued: 1])
    #expect(try await store.runs.beingRemoved() == 1)
    #expect(try await store.events.read(run: nil, after: 0, limit: 999).isEmpty)
    #expect(try await store.checkpoints.list(run.id).isEmpty)
    #expect(try await store.runs.ended(before: .max, limit: 9).isEmpty)
    #expect(try await store.history.thin(endedBefore: .max) == 0)
    await #expect(throws: StoreError.self) { try await store.runs.delete(run.id) }
    #expect(try await held(store).rows > 12_000)
  }

  @Test("its rows go some at a time, others write in between, and what was made since stays")
  func slices() async throws {
    let scratch = try Scratch()
    let store = scratch.store
    let dataset = try await scratch.dataset()
    let run = try await large(scratch, dataset.id)
    try await store.runs.delete(run.id)
    let later = try await scratch.finishedRun(dataset.id)
    var before = try await held(store)
    var count = 0
    while true {
      let sweep = try await store.runs.sweep()
      let after = try await held(store)
      // Rows that go with others aren't counted: parts of checkpoints, and what a run has few of.
      #expect(before.rows - after.rows <= Slice.rows + 10)
      #expect(before.bytes - after.bytes <= CheckpointRepository.chunkBytes)
      before = after
      count += 1
      _ = try await store.runs.update(later.id, name: "\(count)", tags: nil, priority: nil)
      if sweep.isDone { break }
    }
    #expect(count >= 5)
    #expect(try await store.runs.beingRemoved() == 0)
    #expect(try await store.runs.list(limit: 9).map(\.id) == [later.id])
    #expect(try await store.history.stepCount(later.id, from: 1, through: 20) == 20)
    let weights = try #require(try await store.checkpoints.newest(later.id))
    #expect(
      try await store.checkpoints.weights(weights).count == CheckpointRepository.chunkBytes + 999)
    let number = run.number
    try await store.read { connection in
      for table in try Self.tables(connection) {
        let left = try connection.first(
          "SELECT count(*) FROM \(table) WHERE run = ?", [.integer(number)]
        ) { row in row.integer(0) }
        #expect(left == 0, "\(table)")
      }
    }
  }

  @Test("a store that is opened again goes on, and many small runs go in one transaction")
  func reopening() async throws {
    let place = Place()
    do {
      let scratch = try Scratch()
      let dataset = try await scratch.storedDataset("abc", [1])
      for _ in 0..<20 {
        let run = try await scratch.finishedRun(dataset.id, steps: 1...2)
        try await scratch.store.runs.delete(run.id)
      }
      #expect(try await scratch.store.runs.sweep().isDone == false)
      _ = try Backup.make(of: scratch.folder, to: place.url)
    }
    let store = try Store(directory: place.url)
    let left = try await store.runs.beingRemoved()
    #expect(left > 0)
    try await sweepAll(store)
    #expect(try await held(store) == (0, 0))
    #expect(try await store.runs.sweep() == RunRepository.Sweep(removed: 0, isDone: true))
  }

  @Test("a folder with a removal under way is healthy, and the doctor ends it")
  func doctor() async throws {
    let place = Place()
    let scratch = try Scratch()
    let dataset = try await scratch.storedDataset("abc", Array(0...99))
    _ = try await scratch.finishedRun(dataset.id)
    let run = try await large(scratch, dataset.id)
    try await scratch.store.runs.delete(run.id)
    _ = try await scratch.store.runs.sweep()
    let backup = try Backup.make(of: scratch.folder, to: place.url)
    #expect(backup.manifest.runs == 1)
    let report = try Doctor(folder: place.url).examine()
    #expect(report.faults == [])
    #expect(report.notes == ["1 deleted runs still have rows, which a server removes"])
    let repaired = try Doctor(folder: place.url).repair()
    #expect(repaired.faults == [])
    #expect(repaired.notes.contains("removed what was left of 1 deleted runs"))
    #expect(try Doctor(folder: place.url).examine().notes == [])
    let store = try Store(directory: place.url)
    #expect(try await store.runs.list(limit: 9).count == 1)
  }

  @Test("runs are counted by state as they come, move and go; a wrong count is found and put right")
  func counts() async throws {
    let place = Place()
    do {
      let scratch = try Scratch()
      let dataset = try await scratch.storedDataset("abc", [1])
      let runs = [
        try await scratch.run(dataset.id), try await scratch.finishedRun(dataset.id),
        try await scratch.finishedRun(dataset.id),
      ]
      #expect(try await scratch.store.runs.counts() == [.queued: 1, .succeeded: 2])
      _ = try scratch.store.runs.claim(runs[0].id)
      #expect(try await scratch.store.runs.counts() == [.running: 1, .succeeded: 2])
      try await scratch.store.runs.delete(runs[1].id)
      #expect(try await scratch.store.runs.counts() == [.running: 1, .succeeded: 1])
      try await sweepAll(scratch.store)
      #expect(try await scratch.store.runs.counts() == [.running: 1, .succeeded: 1])
      _ = try Backup.make(of: scratch.folder, to: place.url)
    }
    try place.connection().execute("UPDATE run_count SET count = 7 WHERE state = 'paused'")
    let faults = try Doctor(folder: place.url).examine().faults
    #expect(faults.map(\.fault) == ["counts 7 runs as paused, where there are 0"])
    #expect(try Doctor(folder: place.url).repair().faults == [])
  }
}
