import Foundation
import Migrations
import SQLite

/// The database as it was before a migration, kept beside it as `chainrule.sqlite.before-NNNN`.
enum MigrationCopy {
  /// How many are kept; older ones go.
  private static let kept = 2
  private static let prefix = "chainrule.sqlite.before-"

  /// Copies a database that holds anything, before its first missing migration.
  ///
  /// - Throws: `StoreError.diskFull` when there is no room for it; then nothing was changed.
  static func make(
    of connection: SQLiteConnection, in folder: DataFolder, before migration: Migrations.Migration
  ) throws {
    guard try holdsRows(connection) else { return }
    let number = "\(migration.version)"
    let name = prefix + String(repeating: "0", count: max(0, 4 - number.count)) + number
    let half = folder.url.appending(path: name + DataFolder.unfinished)
    if Disk.exists(half) { try Disk.remove(half) }
    do {
      try connection.copy(to: half)
      try Disk.rename(half, to: folder.url.appending(path: name))
    } catch {
      try? Disk.remove(half)
      let fault = StoreError(wrapping: error)
      throw StoreError(
        fault.code,
        "the store can't be copied before migration \(migration.name), which needs as much room again: \(fault)"
      )
    }
    for old in all(in: folder).dropLast(kept) {
      try Disk.remove(folder.url.appending(path: old))
    }
  }

  /// The copies' names, oldest first.
  private static func all(in folder: DataFolder) -> [String] {
    Disk.names(in: folder.url).filter { name in
      name.hasPrefix(prefix) && !name.hasSuffix(DataFolder.unfinished)
    }
  }

  private static func holdsRows(_ connection: SQLiteConnection) throws -> Bool {
    // The first migration makes these; without it there is nothing yet.
    let tables = try connection.first(
      "SELECT count(*) FROM sqlite_schema WHERE name IN ('dataset', 'model', 'run')"
    ) { row in row.integer(0) }
    guard tables == 3 else { return false }
    return try connection.first(
      """
      SELECT EXISTS (SELECT 1 FROM dataset) OR EXISTS (SELECT 1 FROM model)
        OR EXISTS (SELECT 1 FROM run)
      """
    ) { row in row.integer(0) == 1 } ?? false
  }
}
