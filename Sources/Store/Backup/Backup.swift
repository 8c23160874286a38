import Foundation

/// A copy of a data folder, which can be used as one.
public struct Backup: Hashable, Sendable {
  public let folder: URL
  public let manifest: BackupManifest

  /// Copies a data folder, also while a server uses it.
  ///
  /// - Parameter place: the copy's name, or a folder that is there already for one named by the backup's id.
  /// - Throws: `StoreError.notFound` where there is no store, `.conflict` while another backup is being made or when
  ///   something is in the place, `.corrupt` when the folder isn't sound, `.diskFull`.
  public static func make(
    of folder: URL, to place: URL, reading: @escaping DatasetReading = { _ in }
  ) throws(StoreError) -> Backup {
    let source = DataFolder(folder)
    try source.checkHoldsStore()
    try check(place, outside: source)
    let lock = try source.takeForBackup()
    defer { withExtendedLifetime(lock) {} }
    let id = BackupID.make()
    let target = Disk.isFolder(place) ? place.appending(path: id.rawValue) : place
    let copy = FolderCopy(source: source, isLinking: true, reading: reading)
    copy.sweep(target.deletingLastPathComponent())
    do {
      let manifest = try copy.make(at: DataFolder(target), id: id)
      return Backup(folder: target, manifest: manifest)
    } catch {
      throw StoreError(wrapping: error)
    }
  }

  /// Makes a data folder of a backup. Its files are the new folder's own.
  ///
  /// - Throws: `StoreError.notFound` where there is no backup, `.conflict` when the folder holds anything already,
  ///   `.corrupt` when the backup isn't sound, `.diskFull`.
  public static func restore(
    from backup: URL, to folder: URL, reading: @escaping DatasetReading = { _ in }
  ) throws(StoreError) -> BackupManifest {
    let source = DataFolder(backup)
    let target = DataFolder(folder)
    try source.checkHoldsStore()
    try checkIsEmpty(target)
    do {
      let stated = try BackupManifest(of: source)
      let id = stated?.id ?? .make()
      _ = try BackupVerification(folder: source, stated: stated, reading: reading)
        .manifest(id: id)
      let copy = FolderCopy(source: source, isLinking: false, reading: reading, stated: stated)
      guard Disk.exists(target.url) else {
        return try copy.make(at: target, id: id, keepsManifest: false)
      }
      return try fill(target, with: copy, id)
    } catch {
      throw StoreError(wrapping: error)
    }
  }

  /// What a restoration makes in a folder that is there already, until it is done.
  private static let restored = ".restored\(DataFolder.unfinished)"

  private static func checkIsEmpty(_ target: DataFolder) throws(StoreError) {
    guard !Disk.names(in: target.url).allSatisfy({ ["lost+found", restored].contains($0) }) else {
      return
    }
    let fault = target.holdsStore ? "holds a store already" : "isn't empty"
    throw StoreError(
      .conflict, "\(target.path) \(fault); restore into a folder that isn't there yet")
  }

  /// An empty folder may be where a disk is mounted, and can't be replaced then: the database goes into it last.
  private static func fill(
    _ target: DataFolder, with copy: FolderCopy, _ id: BackupID
  ) throws -> BackupManifest {
    let half = DataFolder(target.url.appending(path: restored))
    let manifest = try copy.fill(half, id: id, keepsManifest: false)
    try Disk.rename(half.datasets, to: target.datasets)
    try Disk.rename(half.database, to: target.database)
    try Disk.remove(half.url)
    return manifest
  }

  /// Folders that a server sweeps are no place for a backup.
  private static func check(_ place: URL, outside source: DataFolder) throws(StoreError) {
    let path = place.standardizedFileURL.pathComponents
    for swept in [source.datasets, source.uploads] {
      let components = swept.standardizedFileURL.pathComponents
      guard !path.starts(with: components) else {
        throw StoreError(
          .conflict,
          "a server removes what it doesn't know from \(swept.path(percentEncoded: false)); "
            + "choose another place")
      }
    }
  }
}
