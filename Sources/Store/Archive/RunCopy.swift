import Foundation
import SQLite

/// Copies the rows of one run from the store to a database of its own.
///
/// Page by page, so that no reader holds a snapshot for long: a run that is over changes in its own row only, which is
/// looked at again at the end. But for housekeeping, which may take some of a history away meanwhile: what is left has no
/// gap that readers mind.
struct RunCopy {
  let store: Store
  let run: RunID

  /// - Parameter file: is not there yet.
  /// - Throws: `StoreError.notFound` for a run that is no more, `.conflict` for one that isn't over or changed meanwhile.
  func make(at file: URL) throws {
    let target = try SQLiteConnection(path: file.path(percentEncoded: false), mode: .readWrite)
    // Nobody reads the file before it is whole, and a scratch file need not outlive anything.
    try target.execute(
      script: """
        PRAGMA page_size = 8192;
        PRAGMA journal_mode = OFF;
        PRAGMA synchronous = OFF;
        PRAGMA locking_mode = EXCLUSIVE;
        PRAGMA temp_store = MEMORY;
        """)
    try Migrator.migrate(target)
    try target.execute("BEGIN")
    let (number, row) = try row()
    try insert([row], into: "run", target)
    try copy("model", "id = (SELECT model FROM run WHERE number = ?1)", number, target)
    try copy(
      "dataset", "id IN (SELECT dataset FROM run_dataset WHERE run = ?1)", number, target)
    for table in RunTable.all {
      var after: [SQLiteValue]?
      repeat {
        let start = after
        let page = try store.readAndWait { try table.page(of: number, after: start, $0) }
        for values in page.rows {
          try RunTable.insert(values, page.columns, into: table.name, target)
        }
        after = page.next
      } while after != nil
    }
    guard try self.row().values == row else {
      throw StoreError(.conflict, "run \(run) was changed while it was read; ask again")
    }
    // Whose the run was says nothing where it goes.
    for table in ["run", "model", "dataset"] {
      try target.execute(
        "UPDATE \(table) SET project = ?, key = NULL", [.text(Caller.standardProject)])
    }
    try target.execute("COMMIT")
  }

  private func row() throws -> (number: SQLiteValue, values: [SQLiteValue]) {
    try store.readAndWait { connection in
      guard let record = try RunRepository.get(run, connection) else {
        throw StoreError(.notFound, "there is no run \"\(run)\"")
      }
      guard record.state.isOver else {
        throw StoreError(
          .conflict,
          "run \(run) is \(record.state.rawValue); wait for its end, stop it or cancel it first")
      }
      let values = try Self.rows("run", "number = ?1", .integer(record.number), connection)
      return (.integer(record.number), values.first ?? [])
    }
  }

  private func copy(
    _ table: String, _ condition: String, _ number: SQLiteValue, _ target: SQLiteConnection
  ) throws {
    let rows = try store.readAndWait { try Self.rows(table, condition, number, $0) }
    try insert(rows, into: table, target)
  }

  private func insert(
    _ rows: [[SQLiteValue]], into table: String, _ target: SQLiteConnection
  ) throws {
    let columns = try RunTable.columns(of: table, target)
    for row in rows { try RunTable.insert(row, columns, into: table, target) }
  }

  private static func rows(
    _ table: String, _ condition: String, _ number: SQLiteValue, _ connection: SQLiteConnection
  ) throws -> [[SQLiteValue]] {
    let columns = try RunTable.columns(of: table, connection).joined(separator: ", ")
    return try connection.query(
      "SELECT \(columns) FROM \(table) WHERE \(condition) ORDER BY 1", [number]
    ) { row in (0..<row.count).map { row.value($0) } }
  }
}
