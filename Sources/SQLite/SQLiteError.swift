import CSQLite

/// What SQLite refused, and why.
public struct SQLiteError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of fault it is, as far as callers tell them apart.
  public enum Code: String, Hashable, Sendable {
    case busy, constraint, full, ioError, corrupt, readOnly, cannotOpen, interrupted, tooBig, other
  }

  public let code: Code
  /// SQLite's extended result code.
  public let extendedCode: Int32
  public let message: String
  /// The statement at fault, when there is one.
  public let sql: String?

  init(_ result: Int32, message: String, sql: String? = nil) {
    extendedCode = result
    self.message = message
    self.sql = sql
    code =
      switch result & 0xFF {
      case SQLITE_BUSY, SQLITE_LOCKED: .busy
      case SQLITE_CONSTRAINT: .constraint
      case SQLITE_FULL: .full
      case SQLITE_IOERR: .ioError
      case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
      case SQLITE_READONLY: .readOnly
      case SQLITE_CANTOPEN: .cannotOpen
      case SQLITE_INTERRUPT: .interrupted
      case SQLITE_TOOBIG: .tooBig
      default: .other
      }
  }

  public var description: String { "SQLite: \(message) (\(extendedCode))" }
}
