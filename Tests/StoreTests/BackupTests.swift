import Foundation
import SQLite
import Synchronization
import Testing

@testable import Store

/// Copies of data folders: whole, verified, or not there.
@Suite struct BackupTests {
  /// The error of something that must not succeed.
  private func fault(_ body: () throws -> Void) -> StoreError? {
    do {
      try body()
      return nil
    } catch {
      return error as? StoreError
    }
  }

  @Test("a backup made beside an open store is a data folder with the same rows and files")
  func roundTrip() async throws {
    let scratch = try Scratch()
    let dataset = try await scratch.storedDataset("abc", Array(0...255))
    let run = try await scratch.finishedRun(dataset.id, steps: 1...6_000)
    let waiting = try await scratch.run(dataset.id)
    let place = Place()
    let backup = try Backup.make(of: scratch.folder, to: place.url)
    #expect(backup.manifest.datasets == 1 && backup.manifest.runs == 2)
    #expect(
      place.files == [
        "backup.json", "chainrule.sqlite", "datasets/abc/content", "datasets/abc/inputs.bin",
      ])
    let size = try Disk.size(of: place.url.appending(path: "chainrule.sqlite"))
    #expect(backup.manifest.bytes == size + 512)

    let copy = try Store(directory: place.url)
    #expect(try await copy.runs.list(limit: 9) == scratch.store.runs.list(limit: 9))
    #expect(try copy.runs.claim(waiting.id)?.id == waiting.id)
    let checkpoint = try #require(try await copy.checkpoints.newest(run.id))
    #expect(try await copy.checkpoints.weights(checkpoint).count == (4 << 20) + 999)
    let ends = [copy, scratch.store].map { store in
      Task {
        try await store.history.points(
          run.id, series: "train_loss", after: 0, through: 9_999, limit: 9_999)
      }
    }
    #expect(try await ends[0].value == ends[1].value)
  }

  @Test("while datasets come and go and runs are written, every backup is whole")
  func underLoad() async throws {
    let scratch = try Scratch()
    let kept = try await scratch.storedDataset("kept", Array(repeating: 7, count: 10_000))
    let isOver = Atomic<Bool>(false)
    let (store, folder) = (scratch.store, scratch.folder)
    let load = Task {
      var count = 0
      while !isOver.load(ordering: .relaxed) {
        let content = "c\(count % 7)"
        let record = try await scratch.storedDataset(content, Array("data \(count)".utf8))
        _ = try await scratch.run(kept.id)
        let (_, isUnused) = try await store.datasets.delete(record.id)
        // As the library removes: moved away first.
        if isUnused {
          let grave = folder.appending(path: "grave-\(count)")
          try FileManager.default.moveItem(
            at: folder.appending(path: "datasets/\(content)"), to: grave)
          try FileManager.default.removeItem(at: grave)
        }
        count += 1
      }
      return count
    }
    var made = 0
    for _ in 0..<12 {
      do {
        let backup = try await store.backUp { _ in }
        #expect(try Doctor(folder: backup.folder).examine().faults == [])
        made += 1
      } catch let error as StoreError {
        // Datasets that live for a millisecond may win five times in a row; then there is no backup at all.
        #expect(error.code == .conflict, "\(error)")
      }
    }
    isOver.store(true, ordering: .relaxed)
    #expect(try await load.value > 0)
    #expect(made > 0 && store.backups(limit: 99, before: nil).count == made)
    let names = Disk.names(in: folder.appending(path: "backups"))
    #expect(names.count == made, "nothing half made is left")
  }

  @Test(
    "a dataset that is deleted after the snapshot begins the copy anew, one that is lost is a fault"
  )
  func deletedMeanwhile() async throws {
    let scratch = try Scratch()
    try await scratch.storedDataset("kept", [1])
    let gone = try await scratch.storedDataset("gone", [2])
    let place = Place()
    let half = DataFolder(place.url)
    try Disk.makeFolder(half.datasets)
    let copy = FolderCopy(
      source: DataFolder(scratch.folder), isLinking: true, reading: { _ in })
    try copy.copyDatabase(to: half)
    try FileManager.default.removeItem(at: scratch.folder.appending(path: "datasets/gone"))
    #expect(fault { _ = try copy.copyDatasets(to: half) }?.code == .corrupt, "its row is there")
    _ = try await scratch.store.datasets.delete(gone.id)
    try Disk.remove(half.datasets)
    #expect(try !copy.copyDatasets(to: half))
    #expect(try Backup.make(of: scratch.folder, to: Place().url).manifest.datasets == 1)
  }

  @Test("what isn't sound is not backed up, and leaves nothing behind")
  func unsound() async throws {
    let scratch = try Scratch()
    try await scratch.storedDataset("abc", Array(0...99))
    let content = scratch.folder.appending(path: "datasets/abc/content")
    let parent = Place()
    let target = parent.url.appending(path: "copy")
    for (bytes, words) in [(Data(0...98), "99 bytes, not 100"), (Data(1...100), "SHA-256")] {
      try bytes.write(to: content)
      let fault = fault { _ = try Backup.make(of: scratch.folder, to: target) }
      #expect(fault?.code == .corrupt && fault?.message.contains(words) == true, "\(fault as Any)")
      #expect(Disk.names(in: parent.url) == [])
    }
    try Data(0...99).write(to: content)
    struct Unreadable: Error {}
    #expect(
      fault { _ = try Backup.make(of: scratch.folder, to: target) { _ in throw Unreadable() } }?
        .code == .corrupt)
    try FileManager.default.removeItem(at: content)
    #expect(fault { _ = try Backup.make(of: scratch.folder, to: target) }?.code == .corrupt)
    #expect(Disk.names(in: parent.url) == [])
  }

  @Test(
    "one backup at a time, none over what is there, none where a server sweeps, none of nothing")
  func refusals() async throws {
    let scratch = try Scratch()
    let place = Place()
    do {
      let lock = try DataFolder(scratch.folder).takeForBackup()
      defer { withExtendedLifetime(lock) {} }
      let fault = fault { _ = try Backup.make(of: scratch.folder, to: place.url) }
      #expect(fault?.code == .conflict && fault?.message.contains("is being made") == true)
    }
    let swept = scratch.folder.appending(path: "datasets/x")
    #expect(fault { _ = try Backup.make(of: scratch.folder, to: swept) }?.code == .conflict)
    #expect(fault { _ = try Backup.make(of: place.url, to: place.url) }?.code == .notFound)
    let file = scratch.folder.appending(path: "a file")
    try Data([1]).write(to: file)
    #expect(fault { _ = try Backup.make(of: scratch.folder, to: file) }?.code == .conflict)
    #expect(try Data(contentsOf: file) == Data([1]))
    // A folder that is there takes backups by their ids, and loses what a killed one of the same data left in it.
    let identity = try #require(Disk.identity(of: scratch.folder))
    for name in [".bak_x-\(identity).partial", ".bak_y-1-1.partial"] {
      try Disk.makeFolder(place.url.appending(path: "\(name)/datasets"))
    }
    let first = try Backup.make(of: scratch.folder, to: place.url)
    let second = try Backup.make(of: scratch.folder, to: place.url)
    #expect(
      Disk.names(in: place.url)
        == [".bak_y-1-1.partial", first.manifest.id.rawValue, second.manifest.id.rawValue])
  }

  @Test("a store lists its own backups, newest first, in pages")
  func list() async throws {
    let scratch = try Scratch()
    try await scratch.storedDataset("abc", [1, 2, 3])
    var ids: [BackupID] = []
    for _ in 0..<3 { ids.append(try await scratch.store.backUp { _ in }.manifest.id) }
    try FileManager.default.createDirectory(
      at: scratch.folder.appending(path: "backups/\(BackupID.make())"),
      withIntermediateDirectories: true)
    #expect(scratch.store.backups(limit: 9, before: nil).map(\.manifest.id) == ids.reversed())
    #expect(scratch.store.backups(limit: 1, before: ids[2]).map(\.manifest.id) == [ids[1]])
    let files = Place.files(in: scratch.store.backups(limit: 1, before: nil)[0].folder)
    #expect(!files.contains { $0.contains("backups") }, "a backup holds no backups")
  }

  @Test("a restored folder has its own files, and is made where nothing is")
  func restore() async throws {
    let scratch = try Scratch()
    let dataset = try await scratch.storedDataset("abc", Array(0...99))
    let run = try await scratch.finishedRun(dataset.id)
    let (backup, target) = (Place(), Place())
    _ = try Backup.make(of: scratch.folder, to: backup.url)
    _ = try Backup.restore(from: backup.url, to: target.url)
    #expect(
      target.files == ["chainrule.sqlite", "datasets/abc/content", "datasets/abc/inputs.bin"])
    #expect(
      Disk.identity(of: target.url.appending(path: "datasets/abc/content"))
        != Disk.identity(of: backup.url.appending(path: "datasets/abc/content")))
    do {
      let store = try Store(directory: target.url)
      #expect(try await store.runs.list(limit: 9).map(\.id) == [run.id])
    }
    let again = fault { _ = try Backup.restore(from: backup.url, to: target.url) }
    #expect(again?.code == .conflict && again?.message.contains("holds a store") == true)

    // A folder that is there and empty, as a disk is mounted.
    let mounted = Place()
    // With what a restoration left that was killed.
    for name in ["lost+found", ".restored.partial/datasets"] {
      try Disk.makeFolder(mounted.url.appending(path: name))
    }
    _ = try Backup.restore(from: backup.url, to: mounted.url)
    #expect(Disk.names(in: mounted.url) == ["chainrule.sqlite", "datasets", "lost+found"])
    #expect(fault { _ = try Backup.restore(from: Place().url, to: Place().url) }?.code == .notFound)
  }

  @Test("a backup with a byte changed anywhere in its files is not restored")
  func damagedBackup() async throws {
    let scratch = try Scratch()
    try await scratch.storedDataset("abc", Array(0...99))
    let (backup, target) = (Place(), Place())
    _ = try Backup.make(of: scratch.folder, to: backup.url)
    for path in ["datasets/abc/content", "datasets/abc/inputs.bin", "chainrule.sqlite"] {
      let file = backup.url.appending(path: path)
      let sound = try Data(contentsOf: file)
      var damaged = sound
      // Of the database a page's header; else the middle.
      damaged[path.hasSuffix("sqlite") ? 8192 : 50] ^= 0x55
      try FileManager.default.removeItem(at: file)
      try damaged.write(to: file)
      let fault = fault { _ = try Backup.restore(from: backup.url, to: target.url) }
      #expect(fault?.code == .corrupt, "\(path): \(fault as Any)")
      #expect(!Disk.exists(target.url))
      try sound.write(to: file)
    }
    try FileManager.default.removeItem(at: backup.url.appending(path: "datasets/abc/inputs.bin"))
    #expect(fault { _ = try Backup.restore(from: backup.url, to: target.url) }?.code == .corrupt)
  }

  @Test("a row that names a folder elsewhere copies nothing from there")
  func strangeFolder() async throws {
    let scratch = try Scratch()
    _ = try await scratch.dataset("../../etc")
    let place = Place()
    let fault = fault { _ = try Backup.make(of: scratch.folder, to: place.url) }
    #expect(fault?.code == .corrupt && !Disk.exists(place.url))
  }
}
