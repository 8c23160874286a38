import SQLite

/// The datasets' rows.
public struct DatasetRepository: Sendable {
  let store: Store

  private static let columns =
    "id, name, format, content, description, size_bytes, sha256, created_at"

  private static func record(_ row: SQLiteRow) -> DatasetRecord {
    DatasetRecord(
      id: DatasetID(trusted: row.text(0)), name: row.text(1), format: row.text(2),
      content: row.text(3), description: row.text(4), sizeBytes: row.integer(5),
      sha256: row.text(6), createdAt: row.integer(7))
  }

  /// - Parameter uploads: what it was made of, which is forgotten with it.
  public func insert(_ record: DatasetRecord, of uploads: [UploadID] = []) async throws {
    let (key, owner) = (RequestKey.current, Caller.owner)
    try await store.write { connection in
      try UploadRepository.delete(uploads, connection)
      try KeyRepository.checkRoom(for: record.sizeBytes, of: owner, connection)
      try AnswerRepository.note(record.id, under: key, connection)
      try Self.insert(record, of: owner, connection)
    }
  }

  static func insert(
    _ record: DatasetRecord, of owner: Caller.Owner, _ connection: SQLiteConnection
  ) throws {
    try connection.execute(
      "INSERT INTO dataset (\(columns), project, key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      [
        .text(record.id.rawValue), .text(record.name), .text(record.format),
        .text(record.content), .text(record.description), .integer(record.sizeBytes),
        .text(record.sha256), .integer(record.createdAt),
      ] + owner.values)
  }

  public func get(_ id: DatasetID) async throws -> DatasetRecord? {
    let scope = Caller.scope
    return try await store.read { try Self.get(id, in: scope, $0) }
  }

  /// The oldest dataset whose files lie in a folder.
  public func first(in content: String) async throws -> DatasetRecord? {
    try await store.read { connection in
      try connection.first(
        "SELECT \(Self.columns) FROM dataset WHERE content = ? ORDER BY id LIMIT 1",
        [.text(content)]
      ) { row in Self.record(row) }
    }
  }

  static func get(
    _ id: DatasetID, in scope: Caller.Scope = Caller.Scope(project: nil),
    _ connection: SQLiteConnection
  ) throws -> DatasetRecord? {
    try connection.first(
      "SELECT \(columns) FROM dataset WHERE id = ?\(scope.condition)",
      [.text(id.rawValue)] + scope.values
    ) { row in record(row) }
  }

  /// For a training lane, which may wait.
  public func getAndWait(_ id: DatasetID) throws -> DatasetRecord? {
    try store.readAndWait { try Self.get(id, $0) }
  }

  /// Newest first, those older than `before`.
  public func list(limit: Int, before: DatasetID? = nil) async throws -> [DatasetRecord] {
    let scope = Caller.scope
    return try await store.read { connection in
      try connection.query(
        """
        SELECT \(Self.columns) FROM dataset WHERE id < ?\(scope.condition)
        ORDER BY id DESC LIMIT ?
        """,
        [.text(before?.rawValue ?? "~")] + scope.values + [.integer(limit)]
      ) { row in Self.record(row) }
    }
  }

  /// Every folder that some dataset uses.
  public func contents() async throws -> Set<String> {
    try await store.read { connection in
      Set(
        try connection.query("SELECT DISTINCT content FROM dataset") { row in
          row.text(0)
        })
    }
  }

  /// Deletes a dataset that no run needs any more.
  ///
  /// - Returns: whether its folder is of no further use to another dataset.
  /// - Throws: `StoreError.notFound`, or `conflict` while a run that isn't over uses it.
  public func delete(_ id: DatasetID) async throws -> (content: String, isUnused: Bool) {
    try await store.writeFromReserve { connection in
      guard let record = try Self.get(id, connection) else {
        throw StoreError(.notFound, "there is no dataset \(id)")
      }
      let user = try connection.first(
        """
        SELECT run.id FROM run_dataset JOIN run ON run.number = run_dataset.run
        WHERE run_dataset.dataset = ? AND run.state IN ('queued', 'running', 'paused') LIMIT 1
        """, [.text(id.rawValue)]
      ) { row in row.text(0) }
      if let user {
        throw StoreError(
          .conflict,
          "dataset \(id) is used by \(user), which isn't over; cancel the run or wait for its end")
      }
      try connection.execute("DELETE FROM dataset WHERE id = ?", [.text(id.rawValue)])
      try connection.execute("DELETE FROM split WHERE dataset = ?", [.text(id.rawValue)])
      let others = try connection.first(
        "SELECT count(*) FROM dataset WHERE content = ?", [.text(record.content)]
      ) { row in row.integer(0) }
      return (record.content, others == 0)
    }
  }
}
