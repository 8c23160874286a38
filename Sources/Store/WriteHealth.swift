import SQLite
import Synchronization

/// Whether the disk takes what is written: what the newest transaction met.
final class WriteHealth: Sendable {
  private let fault = Mutex<StoreError?>(nil)

  /// Why the newest write failed, when it was the disk's fault.
  var current: StoreError? { fault.withLock { $0 } }

  /// Carries out a transaction, and keeps what became of it.
  func watching<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      let result = try body()
      fault.withLock { $0 = nil }
      return result
    } catch let error as StoreError where error.code == .diskFull || error.code == .unavailable {
      fault.withLock { $0 = error }
      throw error
    }
  }
}

extension Store {
  /// Why nothing can be written now; `nil` when it can.
  ///
  /// Costs nothing while writes succeed; after one that failed it tries another.
  public func obstacle() async -> StoreError? {
    guard health.current != nil else { return nil }
    _ = try? await write(Self.touch)
    return health.current
  }

  /// The same for a thread that may wait.
  public func obstacleAndWait() -> StoreError? {
    guard health.current != nil else { return nil }
    _ = try? writeAndWait(Self.touch)
    return health.current
  }

  /// Writes a page as it was.
  @Sendable private static func touch(_ connection: SQLiteConnection) throws {
    let version = try connection.first("PRAGMA user_version") { $0.integer(0) } ?? 0
    try connection.execute(script: "PRAGMA user_version = \(version)")
  }
}
