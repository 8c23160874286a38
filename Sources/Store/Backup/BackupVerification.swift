import Foundation
import SQLite

/// Whether a copy of a data folder can stand for it.
struct BackupVerification {
  let folder: DataFolder
  /// What its files must be, where that was written down.
  let stated: BackupManifest?
  let reading: DatasetReading

  /// Reads all there is, and lists it.
  ///
  /// - Throws: `StoreError.corrupt` that names the first fault, `.incompatible` for a schema of another version.
  func manifest(id: BackupID) throws -> BackupManifest {
    let connection = try folder.reader()
    try Migrator.check(connection)
    try check(connection)
    var files: [ListedFile] = []
    for dataset in try StoredDataset.all(connection) {
      let found = dataset.examine(in: folder, reading: reading)
      let faults = found.faults + (stated?.faults(among: found.files, of: dataset.content) ?? [])
      if let fault = faults.first {
        throw StoreError(.corrupt, "dataset \(dataset.id): \(fault)")
      }
      files += found.files
    }
    let counts = try connection.first(
      "SELECT (SELECT count(*) FROM dataset), (SELECT count(*) FROM run WHERE \(Removal.isThere))"
    ) { row in (row.integer(0), row.integer(1)) }
    return BackupManifest(
      id: id, createdAt: Store.now(), datasets: counts?.0 ?? 0, runs: counts?.1 ?? 0,
      bytes: try Disk.size(of: folder.database) + files.reduce(0) { $0 + $1.sizeBytes },
      files: files)
  }

  private func check(_ connection: SQLiteConnection) throws {
    let damage = try connection.query("PRAGMA integrity_check(1)") { row in row.text(0) }
    if let first = damage.first, first != "ok" {
      throw StoreError(.corrupt, "the database is damaged: \(first)")
    }
    if let table = try DatabaseCheck.unowned(connection).keys.map(\.table).min() {
      throw StoreError(
        .corrupt, "a row of the database's table \(table) belongs to one that isn't there")
    }
  }
}
