import CSQLite

/// One connection to a database file, with its prepared statements.
///
/// Not safe to share: whoever owns it uses it from one queue at a time.
public final class SQLiteConnection {
  public enum Mode: Sendable {
    case readWrite
    case readOnly
  }

  private let handle: OpaquePointer
  private var statements: [String: SQLiteStatement] = [:]

  public init(path: String, mode: Mode) throws(SQLiteError) {
    var handle: OpaquePointer?
    let access =
      switch mode {
      case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      case .readOnly: SQLITE_OPEN_READONLY
      }
    let result = sqlite3_open_v2(path, &handle, access | SQLITE_OPEN_NOMUTEX, nil)
    guard result == SQLITE_OK, let handle else {
      let message = handle.map { SQLiteError.message(of: $0) } ?? "out of memory"
      sqlite3_close_v2(handle)
      throw SQLiteError(result, message: "can't open \(path): \(message)")
    }
    self.handle = handle
    sqlite3_extended_result_codes(handle, 1)
    sqlite3_busy_timeout(handle, 5000)
  }

  deinit {
    statements = [:]
    sqlite3_close_v2(handle)
  }

  /// Rows changed, inserted or deleted by the last statement.
  public var changes: Int { Int(sqlite3_changes64(handle)) }
  public var lastInsertedID: Int64 { sqlite3_last_insert_rowid(handle) }

  /// Runs statements that take no values and give no rows.
  public func execute(script: String) throws(SQLiteError) {
    let result = sqlite3_exec(handle, script, nil, nil, nil)
    guard result == SQLITE_OK else { throw error(result, script) }
  }

  /// Runs one statement to its end.
  public func execute(_ sql: String, _ values: [SQLiteValue] = []) throws(SQLiteError) {
    let statement = try statement(sql)
    defer { statement.reset() }
    try statement.bind(values)
    while try statement.step() {}
  }

  /// The rows of a query, each made by `decode`.
  public func query<Row>(
    _ sql: String, _ values: [SQLiteValue] = [], _ decode: (SQLiteRow) throws -> Row
  ) throws -> [Row] {
    let statement = try statement(sql)
    defer { statement.reset() }
    try statement.bind(values)
    var rows: [Row] = []
    while try statement.step() { rows.append(try decode(SQLiteRow(statement))) }
    return rows
  }

  /// The first row of a query.
  public func first<Row>(
    _ sql: String, _ values: [SQLiteValue] = [], _ decode: (SQLiteRow) throws -> Row
  ) throws -> Row? {
    let statement = try statement(sql)
    defer { statement.reset() }
    try statement.bind(values)
    return try statement.step() ? try decode(SQLiteRow(statement)) : nil
  }

  /// The rows of a query one after the other, as long as `body` wants more.
  public func forEach(
    _ sql: String, _ values: [SQLiteValue] = [], _ body: (SQLiteRow) throws -> Bool
  ) throws {
    let statement = try statement(sql)
    defer { statement.reset() }
    try statement.bind(values)
    while try statement.step() {
      guard try body(SQLiteRow(statement)) else { return }
    }
  }

  /// Prepares for a database that a stranger made: nothing in it is run, and no value may be longer than a limit.
  public func distrust(longestValue: Int) {
    chainrule_distrust(handle)
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, Int32(clamping: longestValue))
  }

  /// A prepared statement, made once and kept.
  public func statement(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
    if let statement = statements[sql] { return statement }
    var prepared: OpaquePointer?
    let result = sqlite3_prepare_v3(
      handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
    guard result == SQLITE_OK, let prepared else { throw error(result, sql) }
    let statement = SQLiteStatement(prepared, connection: handle, sql: sql)
    statements[sql] = statement
    return statement
  }

  private func error(_ result: Int32, _ sql: String) -> SQLiteError {
    SQLiteError(sqlite3_extended_errcode(handle), of: handle, sql: sql)
  }
}
