import Foundation
import SQLite
import Synchronization

/// Everything the server remembers: one SQLite database in the data folder.
///
/// One connection makes every commit and every WAL checkpoint, on a serial queue of its own; readers
/// have connections of their own and never wait for it.
public final class Store: Sendable {
  public let directory: URL
  private let lock: DirectoryLock
  private let writer: ConnectionQueue
  private let readers: [ConnectionQueue]
  private let nextReader = Atomic<Int>(0)
  let health = WriteHealth()
  private let group = WriteGroup()
  private let unsyncedGroup = WriteGroup()
  private let figures = CommitFigures()

  /// Opens the folder's store, or makes a new one; applies the migrations that are missing.
  ///
  /// - Throws: `StoreError.locked` when another server has the folder.
  public init(directory: URL, readers: Int = 2) throws(StoreError) {
    self.directory = directory
    let folder = DataFolder(directory)
    try Disk.makeFolder(directory)
    lock = try folder.take()
    let path = folder.database.path(percentEncoded: false)
    do {
      let connection = try Reserve(file: folder.reserve).spent(on: {
        try Store.openWriter(in: folder)
      })
      writer = ConnectionQueue(connection, label: "chainrule.store.writer")
      var queues: [ConnectionQueue] = []
      for index in 0..<readers {
        let reader = try SQLiteConnection(path: path, mode: .readOnly)
        try reader.execute(script: "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY")
        queues.append(ConnectionQueue(reader, label: "chainrule.store.reader.\(index)"))
      }
      self.readers = queues
    } catch {
      throw StoreError(wrapping: error)
    }
  }

  public var datasets: DatasetRepository { DatasetRepository(store: self) }
  public var models: ModelRepository { ModelRepository(store: self) }
  public var weights: WeightsRepository { WeightsRepository(store: self) }
  public var runs: RunRepository { RunRepository(store: self) }
  public var history: RunHistory { RunHistory(store: self) }
  public var events: EventLog { EventLog(store: self) }
  public var checkpoints: CheckpointRepository { CheckpointRepository(store: self) }
  public var evaluations: EvaluationRepository { EvaluationRepository(store: self) }
  public var findings: FindingRepository { FindingRepository(store: self) }
  public var autopsies: AutopsyRepository { AutopsyRepository(store: self) }
  public var answers: AnswerRepository { AnswerRepository(store: self) }
  public var keys: KeyRepository { KeyRepository(store: self) }
  public var webhooks: WebhookRepository { WebhookRepository(store: self) }
  public var sweeps: SweepRepository { SweepRepository(store: self) }
  public var splits: SplitRepository { SplitRepository(store: self) }
  public var uploads: UploadRepository { UploadRepository(store: self) }
  public var deliveries: DeliveryRepository { DeliveryRepository(store: self) }
  public var audit: AuditLog { AuditLog(store: self) }

  /// Milliseconds since 1970 in UTC, as every time is stored.
  static func now() -> Int { Int(Date().timeIntervalSince1970 * 1000) }

  private static func openWriter(in folder: DataFolder) throws -> SQLiteConnection {
    let connection = try SQLiteConnection(
      path: folder.database.path(percentEncoded: false), mode: .readWrite)
    try configureWriter(connection)
    try Migrator.migrate(connection) {
      try MigrationCopy.make(of: connection, in: folder, before: $0)
    }
    try goOnWithIDs(connection)
    try transaction(connection) {
      try StagedRun.sweep($0)
      try WeightsRepository.sweep($0)
    }
    return connection
  }

  static func configureWriter(_ connection: SQLiteConnection) throws(SQLiteError) {
    try connection.execute(
      script: """
        PRAGMA page_size = 8192;
        PRAGMA auto_vacuum = INCREMENTAL;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA foreign_keys = ON;
        PRAGMA trusted_schema = OFF;
        PRAGMA cell_size_check = ON;
        PRAGMA temp_store = MEMORY;
        PRAGMA secure_delete = OFF;
        PRAGMA journal_size_limit = 67108864;
        """)
  }

  /// Ids sort by creation, whatever became of the clock since the server before this one.
  private static func goOnWithIDs(_ connection: SQLiteConnection) throws {
    for table in [
      "dataset", "model", "weights_file", "run", "sweep", "upload", "api_key", "webhook",
    ] {
      let newest =
        try connection.first("SELECT max(id) FROM \(table) WHERE id < '~'") { $0.optionalText(0) }
        ?? nil
      if let newest { ULID.go(after: newest.drop { $0 != "_" }.dropFirst()) }
    }
  }

  /// Runs `body` in a transaction of the one writer; what it did is durable when this returns.
  ///
  /// - Parameter committed: called with the result after the commit and before any other write, so
  ///   that whoever is told hears of commits in their order.
  public func write<Result: Sendable>(
    _ body: @escaping @Sendable (SQLiteConnection) throws -> Result,
    committed: @escaping @Sendable (Result) -> Void = { _ in }
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      let write = PendingWrite(body, committed: committed, continuation)
      guard group.add(write) else { return }
      Store.commit(group, writer) { [health, figures] in
        try Store.watched($0, health, figures, $1)
      }
    }
  }

  /// Transactions written since the store was opened, and the time they took.
  public var commits: (count: Int, seconds: Double) {
    (figures.count.load(ordering: .relaxed), figures.seconds)
  }

  /// Whether someone waits to write.
  public var isWriterWanted: Bool { writer.isWanted }

  /// The same for a thread that may wait, such as a training lane's recorder.
  public func writeAndWait<Result: Sendable>(
    _ body: @Sendable (SQLiteConnection) throws -> Result,
    committed: @Sendable (Result) -> Void = { _ in }
  ) throws -> Result {
    try writer.runAndWait { connection in
      let result = try Store.watched(connection, health, figures, body)
      committed(result)
      return result
    }
  }

  /// The same for what counts only once a later write is durable, and with it this: it doesn't wait for the disk.
  ///
  /// - Parameter isOwned: whether rows must belong to such as are there already.
  func writeUnsynced<Result: Sendable>(
    isOwned: Bool = true, _ body: @Sendable (SQLiteConnection) throws -> Result
  ) throws -> Result {
    try writer.runAndWait { connection in
      try Store.unsynced(connection, isOwned: isOwned) {
        try Store.watched($0, health, figures, body)
      }
    }
  }

  /// The same for what is done again where it is lost, such as a slice of a removal.
  func writeUnsynced<Result: Sendable>(
    _ body: @escaping @Sendable (SQLiteConnection) throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      let write = PendingWrite(body, committed: { _ in }, continuation)
      guard unsyncedGroup.add(write) else { return }
      Store.commit(unsyncedGroup, writer) { [health, figures] connection, body in
        try Store.unsynced(connection) { try Store.watched($0, health, figures, body) }
      }
    }
  }

  /// Carries out a transaction that doesn't wait for the disk.
  private static func unsynced<Result>(
    _ connection: SQLiteConnection, isOwned: Bool = true,
    _ body: (SQLiteConnection) throws -> Result
  ) throws -> Result {
    try connection.execute("PRAGMA synchronous = NORMAL")
    // After a change of this one every statement is prepared anew, so that it isn't set where it is right already.
    if !isOwned { try connection.execute("PRAGMA foreign_keys = OFF") }
    let result = Swift.Result { try body(connection) }
    if !isOwned { try connection.execute("PRAGMA foreign_keys = ON") }
    try connection.execute("PRAGMA synchronous = FULL")
    return try result.get()
  }

  /// Runs `body` on a snapshot of a reader's connection.
  public func read<Result: Sendable>(
    _ body: @escaping @Sendable (SQLiteConnection) throws -> Result
  ) async throws -> Result {
    try await reader().run { try Store.snapshot($0, body) }
  }

  public func readAndWait<Result: Sendable>(
    _ body: @Sendable (SQLiteConnection) throws -> Result
  ) throws -> Result {
    try reader().runAndWait { try Store.snapshot($0, body) }
  }

  private func reader() -> ConnectionQueue {
    readers[nextReader.wrappingAdd(1, ordering: .relaxed).oldValue % readers.count]
  }

  /// A transaction that is counted, and by which the disk's health is told.
  static func watched<Result>(
    _ connection: SQLiteConnection, _ health: WriteHealth, _ figures: CommitFigures,
    _ body: (SQLiteConnection) throws -> Result
  ) throws -> Result {
    try figures.counting { try health.watching { try transaction(connection, body) } }
  }

  static func transaction<Result>(
    _ connection: SQLiteConnection, _ body: (SQLiteConnection) throws -> Result
  ) throws -> Result {
    try bracketed(connection, begin: "BEGIN IMMEDIATE", body)
  }

  private static func snapshot<Result>(
    _ connection: SQLiteConnection, _ body: (SQLiteConnection) throws -> Result
  ) throws -> Result {
    try bracketed(connection, begin: "BEGIN", body)
  }

  private static func bracketed<Result>(
    _ connection: SQLiteConnection, begin: String, _ body: (SQLiteConnection) throws -> Result
  ) throws -> Result {
    do {
      try connection.execute(begin)
      let result = try body(connection)
      try connection.execute("COMMIT")
      return result
    } catch {
      // SQLite may have rolled back by itself; then this one says so, and that is no news.
      try? connection.execute("ROLLBACK")
      throw (error as? SQLiteError).map { StoreError($0) } ?? error
    }
  }
}
