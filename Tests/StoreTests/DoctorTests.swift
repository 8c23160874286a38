import Foundation
import SQLite
import Testing

@testable import Store

/// Each fault is made in a healthy folder, found, named, and put right where that loses nothing.
@Suite struct DoctorTests {
  /// A folder with a bit of everything, closed.
  private func healthy() async throws -> Place {
    let place = Place()
    let scratch = try Scratch()
    let dataset = try await scratch.storedDataset("abc", Array(0...99))
    _ = try await scratch.storedDataset("def", Array(50...99))
    _ = try await scratch.finishedRun(dataset.id, steps: 1...6_000)
    _ = try await scratch.run(dataset.id)
    _ = try Backup.make(of: scratch.folder, to: place.url)
    // A backup has been used as a data folder once it was opened.
    _ = try Store(directory: place.url)
    return place
  }

  private func change(_ place: Place, _ script: String) throws {
    try place.connection().execute(script: script)
  }

  @Test("a healthy folder has no faults, and repairing it changes nothing")
  func health() async throws {
    let place = try await healthy()
    #expect(try Doctor(folder: place.url).examine().faults == [])
    let before = place.files
    let report = try Doctor(folder: place.url).repair()
    #expect(report.faults == [] && place.files == before)
    do {
      let store = try Store(directory: place.url)
      #expect(try await store.history.thin(endedBefore: Store.now() + 1) == 1)
    }
    #expect(try Doctor(folder: place.url).examine().faults == [])
    #expect(throws: StoreError.self) { _ = try Doctor(folder: Place().url).examine() }
  }

  @Test("what can't be made again is named, and stays as it is")
  func losses() async throws {
    let faults: [(String, String)] = [
      ("UPDATE checkpoint_part SET sha256 = 'x' WHERE part = 'weights'", "hasn't the SHA-256 x"),
      ("DELETE FROM checkpoint_chunk WHERE position = 0", "lacks chunk 0"),
      ("UPDATE checkpoint_part SET size_bytes = 7", "bytes, not 7"),
      ("UPDATE block SET data = x'00ff' WHERE stream = 0 AND level = 0", "can't be read"),
      ("UPDATE block SET stream = 99 WHERE stream = 0 AND level = 0", "can't be read"),
      ("UPDATE step SET gradients = x'00' WHERE step = 5000", "step 5000 ends within"),
      ("UPDATE run SET packed_step = 1 WHERE packed_step > 0", "lie in blocks"),
      ("UPDATE dataset SET size_bytes = 3 WHERE content = 'def'", "50 bytes, not 3"),
      ("UPDATE dataset SET sha256 = 'x' WHERE content = 'def'", "SHA-256 x"),
      ("UPDATE dataset SET content = 'gone' WHERE content = 'abc'", "lacks the upload"),
      ("DELETE FROM migration WHERE version = 5", "lacks migration 0005_autopsy"),
      ("INSERT INTO migration VALUES (99, '0099_later', 'x')", "doesn't know"),
    ]
    for (script, words) in faults {
      let place = try await healthy()
      try change(place, script)
      for faults in [
        try Doctor(folder: place.url).examine().faults,
        try Doctor(folder: place.url).repair().faults,
      ] {
        let named = faults.filter { !$0.isRepairable }
        #expect(named.contains { $0.description.contains(words) }, "\(script): \(faults)")
      }
    }
  }

  @Test("a file that is changed or missing is named")
  func files() async throws {
    let place = try await healthy()
    let file = place.url.appending(path: "datasets/abc/inputs.bin")
    try FileManager.default.removeItem(at: file)
    try Data([1, 2, 3]).write(to: file)
    try FileManager.default.removeItem(at: place.url.appending(path: "datasets/def/inputs.bin"))
    let faults = try Doctor(folder: place.url).examine().faults
    #expect(faults.count == 2)
    #expect(faults[0].fault.contains("abc/inputs.bin isn't as it was"), "\(faults)")
    #expect(faults[1].fault.contains("def/inputs.bin is missing"), "\(faults)")
    struct Torn: Error {}
    let reading = Doctor(folder: place.url) { folder in
      if folder.lastPathComponent == "def" { throw Torn() }
    }
    #expect(try reading.examine().faults.contains { $0.fault.contains("Torn") })
  }

  @Test("each repair puts its fault right, keeps a copy, and leaves the rest")
  func repairs() async throws {
    let faults: [(String, String)] = [
      ("UPDATE run SET finished_at = 5 WHERE state = 'queued'", "time of ending"),
      ("UPDATE run SET finished_at = NULL", "time of ending"),
      ("DELETE FROM event WHERE kind = 'end'", "events have no end"),
      ("UPDATE run SET request = '{' WHERE state = 'queued'", "isn't JSON"),
      ("PRAGMA foreign_keys = OFF; DELETE FROM run_dataset WHERE run = 2", "trains on"),
      ("DELETE FROM dataset WHERE content = 'abc'", "its dataset is gone"),
      ("PRAGMA foreign_keys = OFF; DELETE FROM run WHERE state = 'succeeded'", "rows of step"),
      (
        "INSERT INTO checkpoint (run, kind, step, epoch, created_at) VALUES (1, 'best', 3, 1, 5)",
        "holds nothing"
      ),
      (
        "INSERT INTO checkpoint_part (checkpoint, part, size_bytes, sha256) SELECT id, 'state', 0, "
          + "'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' FROM checkpoint",
        "keeps a state"
      ),
    ]
    for (script, words) in faults {
      let place = try await healthy()
      try change(place, script)
      let found = try Doctor(folder: place.url).examine().faults
      #expect(found.contains { $0.description.contains(words) }, "\(script): \(found)")
      #expect(found.allSatisfy { $0.isRepairable }, "\(script): \(found)")
      let report = try Doctor(folder: place.url).repair()
      #expect(report.faults == [], "\(script)")
      let copies = Disk.names(in: place.url.appending(path: "backups"))
      #expect(copies.count == 1 && report.notes.first?.contains(copies[0]) == true)
      let copy = try Doctor(folder: place.url.appending(path: "backups/\(copies[0])")).examine()
      #expect(copy.faults.contains { $0.description.contains(words) }, "\(script): \(copy.faults)")
      let store = try Store(directory: place.url)
      for run in try await store.runs.list(limit: 9) where run.state == .failed {
        #expect(run.error?.contains("unusable") == true && run.finishedAt != nil)
        let kinds = try await store.events.read(run: run.id, after: 0, limit: 9).map(\.kind)
        #expect(kinds == ["state", "end"])
      }
    }
  }

  @Test("files that nothing names go, and are in the copy that is kept")
  func orphans() async throws {
    let place = try await healthy()
    let strays = [
      "datasets/zzz/content", "uploads/a/content", "backups/.bak_1.partial/chainrule.sqlite",
      "chainrule.sqlite.before-0009.partial",
    ]
    for path in strays {
      let file = place.url.appending(path: path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data([1]).write(to: file)
    }
    let faults = try Doctor(folder: place.url).examine().faults
    #expect(
      faults.map(\.place) == [
        "datasets/zzz", "uploads/a", "backups/.bak_1.partial",
        "chainrule.sqlite.before-0009.partial",
      ])
    #expect(try Doctor(folder: place.url).repair().faults == [])
    for path in strays { #expect(!place.files.contains(path)) }
    #expect(place.files.contains { $0.hasSuffix("/datasets/zzz/content") })
  }

  @Test("an index that lost its rows is made anew of its table")
  func index() async throws {
    let place = try await healthy()
    // The index is taken for an empty one: its root page is exchanged for that of an empty index.
    try change(
      place,
      """
      CREATE TABLE other (x TEXT); CREATE INDEX other_x ON other (x);
      PRAGMA writable_schema = ON;
      UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'other_x')
        WHERE name = 'event_by_run';
      DELETE FROM sqlite_schema WHERE name = 'other_x';
      PRAGMA writable_schema = RESET;
      """)
    let found = try Doctor(folder: place.url).examine().faults
    #expect(found.contains { $0.fault.contains("event_by_run") && $0.isRepairable }, "\(found)")
    let left = try Doctor(folder: place.url).repair().faults
    #expect(!left.contains { $0.fault.contains("event_by_run") }, "\(left)")
  }

  @Test("a file that is no database is told of, not fallen over")
  func noDatabase() async throws {
    let place = try await healthy()
    try Data(repeating: 0x41, count: 100_000).write(
      to: place.url.appending(path: "chainrule.sqlite"))
    let faults = try Doctor(folder: place.url).examine().faults
    #expect(faults.contains { $0.fault.contains("not a database") }, "\(faults)")
  }

  @Test("beside a server it looks, leaves out what that may be changing, and repairs nothing")
  func besideServer() async throws {
    let scratch = try Scratch()
    let dataset = try await scratch.storedDataset("abc", [1, 2, 3])
    _ = try await scratch.finishedRun(dataset.id)
    try FileManager.default.createDirectory(
      at: scratch.folder.appending(path: "uploads/coming"), withIntermediateDirectories: true)
    let report = try Doctor(folder: scratch.folder).examine()
    #expect(report.faults == [] && report.notes.count == 1)
    do {
      _ = try Doctor(folder: scratch.folder).repair()
      Issue.record("repaired beside a server")
    } catch {
      #expect(error.code == .locked)
    }
    #expect(Disk.exists(scratch.folder.appending(path: "uploads/coming")))
  }
}
