import Foundation
import SQLite
import Testing

@Suite struct ConnectionTests {
  private func connection() throws -> SQLiteConnection {
    try SQLiteConnection(path: ":memory:", mode: .readWrite)
  }

  @Test("every kind of value comes back as it went in")
  func values() throws {
    let connection = try connection()
    let values: [SQLiteValue] = [
      .null, .integer(Int64.min), .real(0.1), .text("zwölf\u{0}€"), .blob([0, 1, 255]), .blob([]),
    ]
    let found = try connection.first("SELECT ?, ?, ?, ?, ?, ?, typeof(?6)", values) { row in
      (
        row.isNull(0), row.int64(1), row.double(2), row.text(3), row.blob(4), row.blob(5),
        row.text(6)
      )
    }
    let row = try #require(found)
    #expect(row.0 && row.1 == .min && row.2 == 0.1 && row.3 == "zwölf\u{0}€")
    #expect(row.4 == [0, 1, 255] && row.5.isEmpty && row.6 == "blob")
  }

  @Test("faults carry what kind they are")
  func faults() throws {
    let connection = try connection()
    try connection.execute(script: "CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT")
    try connection.execute("INSERT INTO t VALUES (?)", [.integer(1)])
    #expect(throws: SQLiteError.self) {
      try connection.execute("INSERT INTO t VALUES (?)", [.integer(1)])
    }
    do {
      try connection.execute("INSERT INTO t VALUES (?)", [.integer(1)])
    } catch {
      #expect(error.code == .constraint)
    }
    #expect(throws: SQLiteError.self) { try connection.execute("SELEC 1") }
    #expect(throws: SQLiteError.self) {
      _ = try SQLiteConnection(path: "/nowhere/at/all.sqlite", mode: .readOnly)
    }
    // A statement that failed is fit for use again.
    try connection.execute("INSERT INTO t VALUES (?)", [.integer(2)])
    #expect(try connection.query("SELECT a FROM t ORDER BY a") { $0.integer(0) } == [1, 2])
  }
}
