import Digests
import Migrations
import SQLite

/// Brings a database to the schema this program knows.
enum Migrator {
  /// Applies what is missing, each migration in a transaction of its own.
  ///
  /// - Parameter prepare: called before the first of them, with it.
  /// - Throws: `StoreError.incompatible` when the database is newer than the program, or was made with
  ///   another text of an applied migration.
  static func migrate(
    _ connection: SQLiteConnection, to migrations: [Migrations.Migration] = Migrations.all,
    prepare: (Migrations.Migration) throws -> Void = { _ in }
  ) throws {
    try connection.execute(
      script: """
        CREATE TABLE IF NOT EXISTS migration (
          version INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL
        ) STRICT
        """)
    let missing = try check(connection, against: migrations)
    if let first = missing.first { try prepare(first) }
    for migration in missing {
      try connection.execute("BEGIN IMMEDIATE")
      do {
        try connection.execute(script: String(decoding: migration.sql, as: UTF8.self))
        try connection.execute(
          "INSERT INTO migration (version, name, sha256) VALUES (?, ?, ?)",
          [.integer(migration.version), .text(migration.name), .text(digest(of: migration))])
        try connection.execute("COMMIT")
      } catch {
        try? connection.execute("ROLLBACK")
        throw error
      }
    }
  }

  /// What a database lacks of the schema.
  ///
  /// - Throws: `StoreError.incompatible` as `migrate`.
  @discardableResult
  static func check(
    _ connection: SQLiteConnection, against migrations: [Migrations.Migration] = Migrations.all
  ) throws -> [Migrations.Migration] {
    let applied = try connection.query(
      "SELECT version, name, sha256 FROM migration ORDER BY version"
    ) { row in (row.integer(0), row.text(1), row.text(2)) }
    for (version, name, digest) in applied {
      guard let known = migrations.first(where: { $0.version == version }) else {
        throw StoreError(
          .incompatible,
          "the store has migration \(name), which this version doesn't know; "
            + "use the newer version that made it")
      }
      guard Self.digest(of: known) == digest else {
        throw StoreError(
          .incompatible, "migration \(name) was applied with another text than this version has")
      }
    }
    return migrations.filter { migration in !applied.contains { $0.0 == migration.version } }
  }

  private static func digest(of migration: Migrations.Migration) -> String {
    SHA256.digest(of: migration.sql).hexadecimal
  }
}
