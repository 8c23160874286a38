import Dispatch
import Foundation

extension Store {
  /// Makes a backup in the data folder's own `backups`, beside everything else that goes on.
  ///
  /// - Throws: as `Backup.make`.
  public func backUp(reading: @escaping DatasetReading) async throws -> Backup {
    let folder = DataFolder(directory)
    return try await Self.beside {
      try Disk.makeFolder(folder.backups)
      return try Backup.make(of: folder.url, to: folder.backups, reading: reading)
    }
  }

  /// The backups in the data folder's own `backups`, newest first, older than `before`.
  public func backups(limit: Int, before: BackupID?) -> [Backup] {
    let ids = Disk.names(in: DataFolder(directory).backups).compactMap { BackupID($0) }.filter {
      id in
      before.map { id < $0 } ?? true
    }
    // One that is being removed, or was damaged by hand, is none.
    return ids.sorted(by: >).lazy.compactMap { self.backup($0) }.prefix(limit).map { $0 }
  }

  /// One of them; `nil` when there is none of this id.
  public func backup(_ id: BackupID) -> Backup? {
    let folder = folder(of: id)
    return (try? BackupManifest(of: DataFolder(folder))).flatMap { $0 }
      .map { Backup(folder: folder, manifest: $0) }
  }

  /// Removes one of them. Files that other backups or the data folder have too stay theirs.
  ///
  /// - Throws: `StoreError.notFound`.
  public func removeBackup(_ id: BackupID) async throws {
    let folder = folder(of: id)
    try await Self.beside {
      // Under this name it is none any more, and what is left of it goes with the next backup.
      let removed = folder.deletingLastPathComponent()
        .appending(path: ".\(id)\(DataFolder.unfinished)", directoryHint: .isDirectory)
      try Disk.rename(folder, to: removed)
      try Disk.remove(removed)
    }
  }

  /// Does what takes long on a thread that may wait.
  private static func beside<Result: Sendable>(
    _ work: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global(qos: .utility).async {
        continuation.resume(with: Swift.Result { try work() })
      }
    }
  }

  private func folder(of id: BackupID) -> URL {
    DataFolder(directory).backups.appending(path: id.rawValue, directoryHint: .isDirectory)
  }
}
