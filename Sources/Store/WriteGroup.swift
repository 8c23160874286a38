import SQLite
import Synchronization

/// Writes that wait for the one writer, to be committed together: the disk is then waited for once.
final class WriteGroup: Sendable {
  /// Writes of one commit; whoever waits beside them waits for no more.
  private static let most = 32

  private struct State {
    var waiting: [any WaitingWrite] = []
    /// Whether the writer was asked to look here.
    var isAwaited = false
  }
  private let state = Mutex(State())

  /// - Returns: whether the writer must be asked to look here.
  func add(_ write: any WaitingWrite) -> Bool {
    state.withLock { state in
      state.waiting.append(write)
      defer { state.isAwaited = true }
      return !state.isAwaited
    }
  }

  /// The next to be committed together, and whether there are more behind them.
  func take() -> (writes: [any WaitingWrite], hasMore: Bool) {
    state.withLock { state in
      let writes = Array(state.waiting.prefix(Self.most))
      state.waiting.removeFirst(writes.count)
      state.isAwaited = !state.waiting.isEmpty
      return (writes, state.isAwaited)
    }
  }
}

/// A write that waits, whatever its result is; touched by the writer alone.
protocol WaitingWrite: AnyObject, Sendable {
  /// Does it, in a transaction of the caller's, and keeps the result.
  func carryOut(_ connection: SQLiteConnection) throws
  /// Keeps that it failed.
  func fail(_ error: any Error)
  /// Tells of the result, once it is durable or nothing is left of it.
  func conclude()
}

final class PendingWrite<Result: Sendable>: WaitingWrite, @unchecked Sendable {
  private let continuation: CheckedContinuation<Result, any Error>
  // Touched by the writer alone.
  private var body: (@Sendable (SQLiteConnection) throws -> Result)?
  private var committed: (@Sendable (Result) -> Void)?
  private var result: Swift.Result<Result, any Error>?

  init(
    _ body: @escaping @Sendable (SQLiteConnection) throws -> Result,
    committed: @escaping @Sendable (Result) -> Void,
    _ continuation: CheckedContinuation<Result, any Error>
  ) {
    self.body = body
    self.committed = committed
    self.continuation = continuation
  }

  func carryOut(_ connection: SQLiteConnection) throws {
    result = try body.map { .success(try $0(connection)) }
  }

  func fail(_ error: any Error) { result = .failure(error) }

  func conclude() {
    guard let result else { preconditionFailure("a write has no result") }
    if case .success(let value) = result { committed?(value) }
    // Whoever waits may be the last who needs the store, which nothing here is to keep open.
    (body, committed) = (nil, nil)
    continuation.resume(with: result)
  }
}

extension Store {
  /// Has the writer commit what waits, together with what comes until it is its turn.
  ///
  /// - Parameter transaction: carries something out on a connection and commits it.
  static func commit(
    _ group: WriteGroup, _ writer: ConnectionQueue,
    transaction:
      @escaping @Sendable (
        SQLiteConnection, (SQLiteConnection) throws -> Void
      ) throws -> Void
  ) {
    writer.schedule { connection in
      let (writes, hasMore) = group.take()
      if hasMore { commit(group, writer, transaction: transaction) }
      commit(writes) { try transaction(connection, $0) }
      for write in writes { write.conclude() }
    }
  }

  /// Commits writes together. Of one that fails nothing is left, and the others don't notice; where the disk fails, each is
  /// tried for itself.
  ///
  /// - Parameter transaction: carries something out and commits it.
  static func commit(
    _ writes: [any WaitingWrite],
    transaction: ((SQLiteConnection) throws -> Void) throws -> Void
  ) {
    if writes.count > 1, (try? transaction { try carryOut(writes, $0) }) != nil { return }
    for write in writes {
      do {
        try transaction(write.carryOut)
      } catch {
        write.fail(error)
      }
    }
  }

  /// Carries writes out one after the other, each as if it were alone.
  ///
  /// - Throws: what makes the transaction worth nothing.
  private static func carryOut(
    _ writes: [any WaitingWrite], _ connection: SQLiteConnection
  ) throws {
    for write in writes {
      try connection.execute("SAVEPOINT one")
      do {
        try write.carryOut(connection)
        try connection.execute("RELEASE one")
      } catch {
        let error = (error as? SQLiteError).map { StoreError($0) } ?? error
        if let error = error as? StoreError, [.diskFull, .unavailable].contains(error.code) {
          throw error
        }
        try connection.execute("ROLLBACK TO one")
        try connection.execute("RELEASE one")
        write.fail(error)
      }
    }
  }
}
