import Dispatch
import SQLite

/// A connection and the serial queue that alone uses it.
final class ConnectionQueue: @unchecked Sendable {
  // Touched on `queue` only.
  private let connection: SQLiteConnection
  private let queue: DispatchQueue

  init(_ connection: SQLiteConnection, label: String) {
    self.connection = connection
    queue = DispatchQueue(label: label, qos: .userInitiated)
  }

  func run<Result: Sendable>(
    _ body: @escaping @Sendable (SQLiteConnection) throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { [self] in
        continuation.resume(with: Swift.Result { try body(connection) })
      }
    }
  }

  func runAndWait<Result: Sendable>(
    _ body: (SQLiteConnection) throws -> Result
  ) throws -> Result {
    try queue.sync { try body(connection) }
  }
}
