import Migrations
import SQLite

/// The schema of a stranger's database: exactly what our own migrations make, or it isn't touched.
enum ArchivedSchema {
  /// Brings a database of an earlier version forward.
  ///
  /// - Throws: `ArchiveError` for a schema with anything more, less or different.
  static func bringForward(_ connection: SQLiteConnection) throws {
    let applied = try version(of: connection)
    // Before a migration runs: its statements could be made to do something else by what stands beside its tables.
    try compare(connection, with: Array(Migrations.all.prefix(applied)))
    try Migrator.migrate(connection)
    try compare(connection, with: Migrations.all)
  }

  /// How many of our migrations it has.
  private static func version(of connection: SQLiteConnection) throws -> Int {
    let isOurs = try connection.first(
      "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'migration'"
    ) { row in row.text(0) }
    let own = try SQLiteConnection(path: ":memory:", mode: .readWrite)
    try Migrator.migrate(own, to: [])
    let expected = try own.first("SELECT sql FROM sqlite_schema WHERE name = 'migration'") { row in
      row.text(0)
    }
    guard isOurs == expected else {
      throw ArchiveError("its database has no list of migrations of this program")
    }
    let missing: [Migrations.Migration]
    do {
      missing = try Migrator.check(connection)
    } catch let error as StoreError {
      throw ArchiveError("its database doesn't go with this version: \(error)")
    }
    let applied = Migrations.all.count - missing.count
    guard missing.map(\.version) == Migrations.all.dropFirst(applied).map(\.version) else {
      throw ArchiveError("its database lacks a migration between others")
    }
    return applied
  }

  private static func compare(
    _ connection: SQLiteConnection, with migrations: [Migrations.Migration]
  ) throws {
    let own = try SQLiteConnection(path: ":memory:", mode: .readWrite)
    try Migrator.migrate(own, to: migrations)
    let (expected, found) = (try objects(own), try objects(connection))
    guard let odd = expected.symmetricDifference(found).min(by: { $0[1] < $1[1] }) else { return }
    throw ArchiveError(
      "its database hasn't the schema of this program: look at the \(odd[0].prefix(20)) "
        + "\"\(odd[1].prefix(80))\"")
  }

  private static func objects(_ connection: SQLiteConnection) throws -> Set<[String]> {
    Set(
      try connection.query("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema") {
        row in (0..<4).map { row.text($0) }
      })
  }
}
