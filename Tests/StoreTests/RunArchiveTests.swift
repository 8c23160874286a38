import Digests
import Foundation
import JSON
import Migrations
import SQLite
import Synchronization
import Testing

@testable import Store

/// Runs that leave a store as a file and come into another.
@Suite struct RunArchiveTests {
  /// A place for an archive and what is in it.
  private func scratchFolder() throws -> Place {
    let place = Place()
    try Disk.makeFolder(place.url)
    return place
  }

  private func unpack(_ file: URL, _ place: Place) throws -> ArchivedRun {
    let folder = place.url.appending(path: "unpacked", directoryHint: .isDirectory)
    try Disk.makeFolder(folder)
    return try ArchivedRun(unpacking: file, into: folder, limit: 1 << 30)
  }

  private func make(
    _ run: RunID, _ store: Store, _ place: Place, holdsUploads: Bool = true
  ) throws -> RunArchive {
    try RunArchive.make(
      of: run, in: store, folder: place.url, holdsUploads: holdsUploads, server: "1.0")
  }

  @Test("a run comes into another store row by row, whether or not its history was thinned")
  func roundTrip() async throws {
    for isThinned in [false, true] {
      let (home, other) = (try Scratch(), try Scratch())
      let dataset = try await home.storedDataset("abc", Array(0...255))
      let run = try await home.finishedRun(dataset.id, steps: 1...6_000)
      if isThinned { #expect(try await home.store.history.thin(endedBefore: Store.now() + 1) == 1) }
      let (place, again) = (try scratchFolder(), try scratchFolder())
      let archive = try make(run.id, home.store, place)
      #expect(try make(run.id, home.store, again).sha256 == archive.sha256)
      let bytes = try [UInt8](Data(contentsOf: archive.file))
      #expect(SHA256.digest(of: bytes).hexadecimal == archive.sha256)

      // Runs of its own, so that numbers differ.
      let own = try await other.finishedRun(other.dataset().id)
      let before = try await other.store.events.read(run: nil, after: 0, limit: 99)
      let archived = try unpack(archive.file, place)
      #expect(archived.datasets.map(\.record) == [dataset])
      #expect(archived.datasets[0].parts.map(\.byteCount) == [256])
      let told = Mutex<[(Int64, [StoredEvent])]>([])
      let made = try await StagedRun(archived, into: other.store).commit(datasets: [dataset]) {
        lastID, events in told.withLock { $0.append((lastID, events)) }
      }
      var expected = try #require(try await home.store.runs.get(run.id))
      expected.number = made.number
      #expect(made == expected && made.number < 0)
      #expect(try other.rows(of: run.id) == home.rows(of: run.id))
      #expect(
        try await other.store.runs.list(limit: 9).map(\.id) == [own.id, run.id].sorted(by: >))

      let events = try await other.store.events.read(run: run.id, after: 0, limit: 99)
      #expect(events.map(\.kind) == ["state", "end"])
      #expect(events.allSatisfy { event in before.allSatisfy { $0.id < event.id } })
      #expect(told.withLock { $0.map(\.1) } == [events])
      let checkpoint = try #require(try await other.store.checkpoints.newest(run.id))
      #expect(try await other.store.checkpoints.weights(checkpoint).count == (4 << 20) + 999)
      try await other.store.runs.delete(run.id)
      while try await !other.store.runs.sweep().isDone {}
      let left = try other.store.readAndWait { connection in
        try connection.first("SELECT count(*) FROM checkpoint_chunk") { $0.integer(0) }
      }
      #expect(left == 2)
    }
  }

  @Test("every table whose rows belong to a run is one that archives hold")
  func tables() throws {
    let scratch = try Scratch()
    try scratch.store.readAndWait { connection in
      let names = try connection.query(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
      ) { $0.text(0) }
      let owned = try names.filter { name in
        try connection.first("SELECT 1 FROM pragma_foreign_key_list(?)", [.text(name)]) { _ in true
        }
          == true
      }
      #expect(Set(owned) == Set(RunTable.all.map(\.name)))
      #expect(
        Set(names).subtracting(owned) == [
          "answer", "api_key", "audit", "dataset", "delivery", "migration", "model", "run",
          "run_count", "split", "sweep", "sweep_run", "upload", "webhook", "weights_chunk",
          "weights_file",
        ])
    }
  }

  @Test(
    "of a run that is on its way nobody reads anything, and the next to open the store removes it")
  func staged() async throws {
    let (home, place) = (try Scratch(), try scratchFolder())
    let run = try await home.finishedRun(home.dataset().id, steps: 1...6_000)
    let archive = try make(run.id, home.store, place, holdsUploads: false)
    let archived = try unpack(archive.file, place)
    let folder = Place()
    func left() throws -> Int {
      try folder.connection().first(
        """
        SELECT (SELECT count(*) FROM step) + (SELECT count(*) FROM block)
          + (SELECT count(*) FROM checkpoint_chunk) + (SELECT count(*) FROM event)
        """
      ) { $0.integer(0) } ?? 0
    }
    do {
      let store = try Store(directory: folder.url)
      let staged = try StagedRun(archived, into: store)
      #expect(try await store.runs.list(limit: 9) == [])
      #expect(try await store.runs.counts() == [:])
      #expect(try await store.events.read(run: nil, after: 0, limit: 9) == [])
      #expect(try await store.checkpoints.list(run.id) == [])
      #expect(try Doctor(folder: folder.url).examine().faults == [])
      let backup = Place()
      #expect(try Backup.make(of: folder.url, to: backup.url).manifest.runs == 0)
      #expect(try left() > 1_000)
      staged.discard()
      #expect(try left() == 0)
      _ = try StagedRun(archived, into: store)
      #expect(try left() > 1_000)
    }
    #expect(try Doctor(folder: folder.url).examine().faults == [])
    let store = try Store(directory: folder.url)
    #expect(try left() == 0)
    _ = try await StagedRun(archived, into: store).commit(datasets: []) { _, _ in }
    #expect(try Doctor(folder: folder.url).examine().faults == [])
  }

  @Test(
    "a run, a model or a dataset that is another under the same id is a conflict, and leaves nothing"
  )
  func conflicts() async throws {
    let (home, other, place) = (try Scratch(), try Scratch(), try scratchFolder())
    let dataset = try await home.storedDataset("abc", [1, 2, 3])
    let run = try await home.finishedRun(dataset.id)
    let archive = try make(run.id, home.store, place)
    let archived = try unpack(archive.file, place)
    let foreign = DatasetRecord(
      id: dataset.id, name: "d", format: "csv", content: "other", description: "{}", sizeBytes: 1,
      sha256: "00")
    try await other.store.datasets.insert(foreign)
    let staged = try StagedRun(archived, into: other.store)
    await #expect(throws: StoreError.self) {
      _ = try await staged.commit(datasets: [dataset]) { _, _ in }
    }
    #expect(try await other.store.runs.list(limit: 9) == [])
    _ = try await staged.commit(datasets: []) { _, _ in }
    await #expect(throws: StoreError.self) { try await other.store.runs.checkIsNew(run.id) }
    let second = try StagedRun(archived, into: other.store)
    await #expect(throws: StoreError.self) { _ = try await second.commit(datasets: []) { _, _ in } }
    second.discard()
    #expect(try other.rows(of: run.id) == home.rows(of: run.id))
  }

  @Test("runs that aren't over, are gone or whose dataset is damaged make no archive")
  func refusals() async throws {
    let home = try Scratch()
    let dataset = try await home.storedDataset("abc", [1, 2, 3])
    func code(_ run: RunID, holdsUploads: Bool = true) throws -> StoreError.Code? {
      do {
        _ = try make(run, home.store, try scratchFolder(), holdsUploads: holdsUploads)
        return nil
      } catch let error as StoreError {
        return error.code
      }
    }
    #expect(try await code(home.run(dataset.id).id) == .conflict)
    #expect(try code(.make()) == .notFound)
    let run = try await home.finishedRun(dataset.id)
    #expect(try code(run.id) == nil)
    try Data([1, 2, 4]).write(to: home.folder.appending(path: "datasets/abc/content"))
    #expect(try code(run.id) == .corrupt)
    #expect(try code(run.id, holdsUploads: false) == nil)
  }

  @Test("an archive of every earlier schema is brought forward")
  func earlierSchemas() async throws {
    for version in 1...Migrations.all.count {
      let place = try scratchFolder()
      let id = RunID.make()
      let database = place.url.appending(path: ArchiveManifest.database)
      do {
        let connection = try SQLiteConnection(
          path: database.path(percentEncoded: false), mode: .readWrite)
        try Migrator.migrate(connection, to: Array(Migrations.all.prefix(version)))
        try connection.execute(
          script: """
            INSERT INTO run (number, id, state, request, data, created_at, finished_at)
              VALUES (3, '\(id)', 'failed', '{}', '{}', 5, 6);
            INSERT INTO run_dataset VALUES (3, 'train', '\(DatasetID.make())');
            INSERT INTO point VALUES (3, 'validation_loss', 1, 0.5, 2.5);
            INSERT INTO event (run, kind, data) VALUES (3, 'end', '{}');
            """)
      }
      let bytes = try [UInt8](Data(contentsOf: database))
      let manifest = ArchiveManifest(
        run: id, server: "0.1", schema: version,
        files: [
          ListedFile(
            path: ArchiveManifest.database, sizeBytes: bytes.count,
            sha256: SHA256.digest(of: bytes).hexadecimal)
        ])
      let file = place.url.appending(path: "earlier")
      let writer = try TarWriter(file)
      try writer.add(ArchiveManifest.name, manifest.json.encoded())
      try writer.add(ArchiveManifest.database, bytes)
      try writer.finish()
      let other = try Scratch()
      let run = try await StagedRun(try unpack(file, place), into: other.store).commit(
        datasets: []) { _, _ in }
      #expect(run.id == id && run.createdAt == 5 && run.amendments == "[]")
      #expect(
        try await other.store.history.points(
          id, series: "validation_loss", after: 0, through: 9, limit: 9
        ).map(\.value) == [2.5])
    }
  }
}
