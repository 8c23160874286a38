import Dispatch
import SQLite
import Synchronization

/// A connection and the serial queue that alone uses it.
final class ConnectionQueue: @unchecked Sendable {
  // Touched on `queue` only.
  private let connection: SQLiteConnection
  private let queue: DispatchQueue
  private let waiting = Atomic<Int>(0)

  init(_ connection: SQLiteConnection, label: String) {
    self.connection = connection
    queue = DispatchQueue(label: label, qos: .userInitiated)
  }

  /// Whether someone waits for the connection.
  var isWanted: Bool { waiting.load(ordering: .relaxed) > 0 }

  func run<Result: Sendable>(
    _ body: @escaping @Sendable (SQLiteConnection) throws -> Result
  ) async throws -> Result {
    waiting.add(1, ordering: .relaxed)
    return try await withCheckedThrowingContinuation { continuation in
      queue.async { [self] in
        waiting.subtract(1, ordering: .relaxed)
        continuation.resume(with: Swift.Result { try body(connection) })
      }
    }
  }

  /// Has a body run when its turn comes.
  func schedule(_ body: @escaping @Sendable (SQLiteConnection) -> Void) {
    waiting.add(1, ordering: .relaxed)
    queue.async { [self] in
      waiting.subtract(1, ordering: .relaxed)
      body(connection)
    }
  }

  func runAndWait<Result: Sendable>(
    _ body: (SQLiteConnection) throws -> Result
  ) throws -> Result {
    waiting.add(1, ordering: .relaxed)
    return try queue.sync {
      waiting.subtract(1, ordering: .relaxed)
      return try body(connection)
    }
  }
}
