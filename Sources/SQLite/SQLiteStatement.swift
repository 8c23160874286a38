import CSQLite
import Foundation

/// A prepared statement.
public final class SQLiteStatement {
  let handle: OpaquePointer
  private let connection: OpaquePointer
  private let sql: String

  init(_ handle: OpaquePointer, connection: OpaquePointer, sql: String) {
    self.handle = handle
    self.connection = connection
    self.sql = sql
  }

  deinit { sqlite3_finalize(handle) }

  /// Gives the parameters their values, in order.
  public func bind(_ values: [SQLiteValue]) throws(SQLiteError) {
    for (offset, value) in values.enumerated() {
      let index = Int32(offset + 1)
      let result =
        switch value {
        case .null: sqlite3_bind_null(handle, index)
        case .integer(let value): sqlite3_bind_int64(handle, index, value)
        case .real(let value): sqlite3_bind_double(handle, index, value)
        case .text(let value):
          sqlite3_bind_text(handle, index, value, Int32(value.utf8.count), chainrule_transient())
        case .blob(let value):
          value.withUnsafeBytes {
            sqlite3_bind_blob64(
              handle, index, $0.baseAddress ?? UnsafeRawPointer(handle), UInt64($0.count),
              chainrule_transient())
          }
        }
      guard result == SQLITE_OK else { throw error(result) }
    }
  }

  /// Goes on to the next row; `false` when there's none.
  public func step() throws(SQLiteError) -> Bool {
    errno = 0
    let result = sqlite3_step(handle)
    switch result {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default: throw error(result)
    }
  }

  /// Makes the statement ready to run again, and lets go of its values.
  public func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  private func error(_ result: Int32) -> SQLiteError {
    SQLiteError(result, of: connection, sql: sql)
  }
}

/// The row a query stands at. Valid until the query goes on.
public struct SQLiteRow {
  private let statement: SQLiteStatement

  init(_ statement: SQLiteStatement) { self.statement = statement }

  public func isNull(_ column: Int) -> Bool {
    sqlite3_column_type(statement.handle, Int32(column)) == SQLITE_NULL
  }
  public func int64(_ column: Int) -> Int64 {
    sqlite3_column_int64(statement.handle, Int32(column))
  }
  public func integer(_ column: Int) -> Int { Int(int64(column)) }
  public func double(_ column: Int) -> Double {
    sqlite3_column_double(statement.handle, Int32(column))
  }

  public func text(_ column: Int) -> String {
    guard let start = sqlite3_column_text(statement.handle, Int32(column)) else { return "" }
    let count = Int(sqlite3_column_bytes(statement.handle, Int32(column)))
    return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }

  public func blob(_ column: Int) -> [UInt8] {
    guard let start = sqlite3_column_blob(statement.handle, Int32(column)) else { return [] }
    let count = Int(sqlite3_column_bytes(statement.handle, Int32(column)))
    return [UInt8](UnsafeRawBufferPointer(start: start, count: count))
  }

  /// How many columns the row has.
  public var count: Int { Int(sqlite3_column_count(statement.handle)) }

  /// A column as it is stored.
  public func value(_ column: Int) -> SQLiteValue {
    switch sqlite3_column_type(statement.handle, Int32(column)) {
    case SQLITE_INTEGER: .integer(int64(column))
    case SQLITE_FLOAT: .real(double(column))
    case SQLITE_TEXT: .text(text(column))
    case SQLITE_BLOB: .blob(blob(column))
    default: .null
    }
  }

  public func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }
  public func optionalInteger(_ column: Int) -> Int? { isNull(column) ? nil : integer(column) }
  public func optionalDouble(_ column: Int) -> Double? { isNull(column) ? nil : double(column) }
}
