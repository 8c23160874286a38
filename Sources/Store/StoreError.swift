import SQLite

/// Why the store couldn't do what it was asked.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: String, Hashable, Sendable {
    /// There's no such thing, or no longer.
    case notFound
    /// The thing is in use, or in a state that forbids it.
    case conflict
    /// A key has as much as it may.
    case quota
    /// Another server holds the folder.
    case locked
    /// The database was written by a newer version, or an applied migration was changed.
    case incompatible
    case diskFull
    case unavailable
    /// What is stored doesn't match its digest, or isn't a database.
    case corrupt
  }

  public let code: Code
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  init(_ error: SQLiteError) {
    let code: Code =
      switch error.code {
      case .full, .tooBig: .diskFull
      case .corrupt: .corrupt
      case .constraint: .conflict
      case .busy, .ioError, .readOnly, .cannotOpen, .interrupted, .other: .unavailable
      }
    self.init(code, error.description)
  }

  init(wrapping error: any Error) {
    switch error {
    case let error as StoreError: self = error
    case let error as SQLiteError: self.init(error)
    default: self.init(.unavailable, "\(error)")
    }
  }

  public var description: String { message }
}
