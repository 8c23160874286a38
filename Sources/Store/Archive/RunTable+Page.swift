import SQLite

/// How the rows of a run are read a page at a time, and put in again.
extension RunTable {
  /// Some rows of a run.
  struct Page: Sendable {
    let columns: [String]
    var rows: [[SQLiteValue]] = []
    /// Where the next page begins; `nil` after the last.
    var next: [SQLiteValue]?
  }

  /// What a page holds at most, but for its last row.
  private static let pageBytes = 4 << 20
  private static let pageRows = 2_000

  /// The rows that follow those up to a key.
  func page(
    of run: SQLiteValue, after: [SQLiteValue]?, _ connection: SQLiteConnection
  ) throws -> Page {
    let columns = try Self.columns(of: name, connection)
    var page = Page(columns: columns)
    let places = key.compactMap { columns.firstIndex(of: $0) }
    let own = key.joined(separator: ", ")
    let marks = (0..<key.count).map { "?\($0 + 2)" }.joined(separator: ", ")
    var bytes = 0
    try connection.forEach(
      """
      SELECT \(columns.joined(separator: ", ")) FROM \(name) WHERE \(condition)
      \(after == nil ? "" : "AND (\(own)) > (\(marks))") ORDER BY \(own)
      """, [run] + (after ?? [])
    ) { row in
      let values = (0..<row.count).map { row.value($0) }
      page.rows.append(values)
      bytes += values.reduce(0) { $0 + $1.byteCount }
      guard bytes >= Self.pageBytes || page.rows.count == Self.pageRows else { return true }
      page.next = places.map { values[$0] }
      return false
    }
    return page
  }

  static func columns(of table: String, _ connection: SQLiteConnection) throws -> [String] {
    try connection.query("SELECT name FROM pragma_table_info(?) ORDER BY cid", [.text(table)]) {
      row in row.text(0)
    }
  }

  /// - Returns: the row's id, where the table gives one.
  @discardableResult
  static func insert(
    _ values: [SQLiteValue], _ columns: [String], into table: String,
    _ connection: SQLiteConnection
  ) throws -> Int64 {
    let marks = columns.map { _ in "?" }.joined(separator: ", ")
    try connection.execute(
      "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(marks))", values)
    return connection.lastInsertedID
  }
}
