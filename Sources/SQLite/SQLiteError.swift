import CSQLite
import Foundation

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

  /// What a connection's last call met.
  init(_ result: Int32, of connection: OpaquePointer, sql: String) {
    self.init(result, message: Self.message(of: connection), sql: sql)
  }

  /// SQLite's words, and the system's where it was the system that refused.
  static func message(of connection: OpaquePointer) -> String {
    // Of a commit SQLite forgets what the system said, which has said nothing else since.
    let last = errno
    let message = String(cString: sqlite3_errmsg(connection))
    let known = sqlite3_system_errno(connection)
    let number = known == 0 ? last : known
    switch sqlite3_errcode(connection) & 0xFF {
    case SQLITE_IOERR, SQLITE_CANTOPEN:
      return number == 0 ? message : "\(message): \(String(cString: strerror(number)))"
    default: return message
    }
  }

  public var description: String { "SQLite: \(message) (\(extendedCode))" }
}
