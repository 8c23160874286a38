import SQLite

/// The models' rows.
public struct ModelRepository: Sendable {
  let store: Store

  private static func record(_ row: SQLiteRow) -> ModelRecord {
    ModelRecord(
      id: ModelID(trusted: row.text(0)), name: row.optionalText(1), spec: row.text(2),
      createdAt: row.integer(3))
  }

  public func insert(_ record: ModelRecord) async throws {
    let (key, owner) = (RequestKey.current, Caller.owner)
    try await store.write { connection in
      try AnswerRepository.note(record.id, under: key, connection)
      try Self.insert(record, of: owner, connection)
    }
  }

  static func insert(
    _ record: ModelRecord, of owner: Caller.Owner, _ connection: SQLiteConnection
  ) throws {
    try connection.execute(
      "INSERT INTO model (id, name, spec, created_at, project, key) VALUES (?, ?, ?, ?, ?, ?)",
      [
        .text(record.id.rawValue), .optional(record.name), .text(record.spec),
        .integer(record.createdAt),
      ] + owner.values)
  }

  public func get(_ id: ModelID) async throws -> ModelRecord? {
    let scope = Caller.scope
    return try await store.read { try Self.get(id, in: scope, $0) }
  }

  static func get(
    _ id: ModelID, in scope: Caller.Scope = Caller.Scope(project: nil),
    _ connection: SQLiteConnection
  ) throws -> ModelRecord? {
    try connection.first(
      "SELECT id, name, spec, created_at FROM model WHERE id = ?\(scope.condition)",
      [.text(id.rawValue)] + scope.values
    ) { row in record(row) }
  }

  /// Newest first, those older than `before`.
  public func list(limit: Int, before: ModelID? = nil) async throws -> [ModelRecord] {
    let scope = Caller.scope
    return try await store.read { connection in
      try connection.query(
        """
        SELECT id, name, spec, created_at FROM model WHERE id < ?\(scope.condition)
        ORDER BY id DESC LIMIT ?
        """,
        [.text(before?.rawValue ?? "~")] + scope.values + [.integer(limit)]
      ) { row in Self.record(row) }
    }
  }

  /// Deletes a model. Runs keep the spec they were queued with.
  ///
  /// - Throws: `StoreError.notFound`.
  public func delete(_ id: ModelID) async throws {
    try await store.writeFromReserve { connection in
      try connection.execute("DELETE FROM model WHERE id = ?", [.text(id.rawValue)])
      if connection.changes == 0 { throw StoreError(.notFound, "there is no model \(id)") }
    }
  }
}
