import Foundation
import SQLite

/// Copies a data folder while it may be in use: first the database as one transaction sees it, then the files that this
/// copy of it names.
struct FolderCopy {
  let source: DataFolder
  /// Whether files may be shared with the source; they never change, so that a second name is as good as a copy.
  let isLinking: Bool
  let reading: DatasetReading
  /// What the source's files are, where that was written down.
  var stated: BackupManifest?

  /// How often it begins anew when a dataset was deleted under its hands.
  private static let attempts = 5

  /// Makes the whole copy below a temporary name, verifies it, and puts it in its place.
  ///
  /// - Throws: `StoreError.conflict` when there is something in that place already, `.corrupt` when the source isn't
  ///   sound, `.diskFull`.
  func make(at place: DataFolder, id: BackupID, keepsManifest: Bool = true) throws -> BackupManifest
  {
    guard !Disk.exists(place.url) else {
      throw StoreError(.conflict, "\(place.path) is there already; give a name that is free")
    }
    let parent = place.url.deletingLastPathComponent()
    try Disk.makeFolder(parent)
    let half = half(of: place.url.lastPathComponent, in: parent)
    let manifest = try fill(half, id: id, keepsManifest: keepsManifest)
    do {
      try Disk.rename(half.url, to: place.url)
    } catch {
      try? Disk.remove(half.url)
      throw error
    }
    return manifest
  }

  /// Where a copy is made that isn't done. The name tells copies of other data folders apart, which may go to the same place.
  private func half(of name: String, in parent: URL) -> DataFolder {
    DataFolder(parent.appending(path: ".\(name)\(ending)", directoryHint: .isDirectory))
  }

  private var ending: String {
    "-\(Disk.identity(of: source.url) ?? "")\(DataFolder.unfinished)"
  }

  /// Removes what backups of this source left in a folder when they were killed.
  ///
  /// - Precondition: none is being made.
  func sweep(_ folder: URL) {
    for name in Disk.names(in: folder)
    where name.hasPrefix(".\(BackupID.prefix)") && name.hasSuffix(ending) {
      try? Disk.remove(folder.appending(path: name))
    }
  }

  /// Makes and verifies the copy in a folder that becomes nothing when this throws.
  func fill(_ half: DataFolder, id: BackupID, keepsManifest: Bool) throws -> BackupManifest {
    do {
      for _ in 0..<Self.attempts {
        // What an attempt before it left, or a process that was killed.
        if Disk.exists(half.url) { try Disk.remove(half.url) }
        try Disk.makeFolder(half.datasets)
        try copyDatabase(to: half)
        guard try copyDatasets(to: half) else { continue }
        let manifest = try BackupVerification(folder: half, stated: stated, reading: reading)
          .manifest(id: id)
        if keepsManifest { try Disk.write(manifest.json.encoded(), to: half.manifest) }
        try Disk.synchronize(half.datasets)
        try Disk.synchronize(half.url)
        return manifest
      }
    } catch {
      try? Disk.remove(half.url)
      let fault = StoreError(wrapping: error)
      guard fault.code == .diskFull else { throw fault }
      throw StoreError(
        .diskFull,
        "there is no room for the copy in \(half.url.deletingLastPathComponent().path(percentEncoded: false)); "
          + "free some, or take another disk (\(fault))")
    }
    try? Disk.remove(half.url)
    throw StoreError(
      .conflict, "datasets are deleted faster than they can be copied; try again later")
  }

  func copyDatabase(to half: DataFolder) throws {
    let connection = try SQLiteConnection(
      path: source.database.path(percentEncoded: false), mode: .readOnly)
    try connection.copy(to: half.database)
  }

  /// - Returns: `false` when a dataset of the copied database was deleted before its files were copied.
  func copyDatasets(to half: DataFolder) throws -> Bool {
    for dataset in try StoredDataset.all(half.reader()) {
      do {
        guard try copy(dataset, to: half) else {
          throw StoreError(.notFound, "datasets/\(dataset.content) is missing")
        }
      } catch let error as StoreError where error.code == .notFound {
        let now = try StoredDataset.all(source.reader())
        guard now.contains(where: { $0.content == dataset.content }) else { return false }
        throw StoreError(
          .corrupt, "dataset \(dataset.id): \(error); chainrule doctor tells what else is wrong")
      }
    }
    return true
  }

  /// - Returns: whether the folder was the same from the first file to the last, and so all were seen.
  private func copy(_ dataset: StoredDataset, to half: DataFolder) throws(StoreError) -> Bool {
    let from = source.files(of: dataset.content)
    let to = half.files(of: dataset.content)
    guard let identity = Disk.identity(of: from) else { return false }
    try Disk.makeFolder(to)
    for name in Disk.names(in: from) {
      let (file, other) = (from.appending(path: name), to.appending(path: name))
      if isLinking { try Disk.link(file, to: other) } else { try Disk.copy(file, to: other) }
    }
    try Disk.synchronize(to)
    return Disk.identity(of: from) == identity
  }
}

extension FolderCopy {
  /// Copies a damaged folder that nobody else uses into its own `backups`, byte for byte and unverified, with the files that
  /// nothing names.
  ///
  /// - Precondition: the folder's lock is held.
  func makeAsFound() throws(StoreError) -> DataFolder {
    let id = BackupID.make()
    let half = half(of: id.rawValue, in: source.backups)
    do {
      try Disk.makeFolder(half.datasets)
      for end in ["", "-wal"] {
        let file = source.url.appending(path: "chainrule.sqlite\(end)")
        guard Disk.exists(file) else { continue }
        try Disk.copy(file, to: half.url.appending(path: "chainrule.sqlite\(end)"))
      }
      try Disk.linkAll(in: source.datasets, to: half.datasets)
      try Disk.synchronize(half.url)
      let place = DataFolder(source.backups.appending(path: id.rawValue))
      try Disk.rename(half.url, to: place.url)
      return place
    } catch {
      try? Disk.remove(half.url)
      throw error
    }
  }
}
