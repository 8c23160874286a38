import SQLite

/// The rows of uploads that come piece by piece.
public struct UploadRepository: Sendable {
  let store: Store

  private static let columns = "id, length, metadata, sha256, concat, created_at, touched_at"

  private static func record(_ row: SQLiteRow) -> UploadRecord {
    UploadRecord(
      id: UploadID(trusted: row.text(0)), length: row.integer(1), metadata: row.text(2),
      sha256: row.optionalText(3), concat: row.optionalText(4), createdAt: row.integer(5),
      touchedAt: row.integer(6))
  }

  /// - Parameters:
  ///   - limit: how many a project may have.
  ///   - parts: uploads in whose place it comes.
  /// - Throws: `StoreError.conflict` when it has as many, `.quota` when its key may keep no more bytes.
  public func insert(
    _ record: UploadRecord, limit: Int, replacing parts: [UploadID] = []
  ) async throws {
    let (key, owner) = (RequestKey.current, Caller.owner)
    try await store.write { connection in
      try Self.delete(parts, connection)
      let count = try connection.first(
        "SELECT count(*) FROM upload WHERE project = ?", [.text(owner.project)]
      ) { row in row.integer(0) }
      guard let count, count < limit else {
        throw StoreError(
          .conflict,
          "the project has \(limit) unfinished uploads, as many as may be; use or delete some")
      }
      try KeyRepository.checkRoom(for: record.length, of: owner, connection)
      try AnswerRepository.note(record.id, under: key, connection)
      try connection.execute(
        "INSERT INTO upload (\(Self.columns), project, key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
          .text(record.id.rawValue), .integer(record.length), .text(record.metadata),
          .optional(record.sha256), .optional(record.concat), .integer(record.createdAt),
          .integer(record.touchedAt),
        ] + owner.values)
    }
  }

  public func get(_ id: UploadID) async throws -> UploadRecord? {
    let scope = Caller.scope
    return try await store.read { connection in
      try connection.first(
        "SELECT \(Self.columns) FROM upload WHERE id = ?\(scope.condition)",
        [.text(id.rawValue)] + scope.values
      ) { row in Self.record(row) }
    }
  }

  /// Newest first, those older than `before`.
  public func list(limit: Int, before: UploadID? = nil) async throws -> [UploadRecord] {
    let scope = Caller.scope
    return try await store.read { connection in
      try connection.query(
        """
        SELECT \(Self.columns) FROM upload WHERE id < ?\(scope.condition)
        ORDER BY id DESC LIMIT ?
        """, [.text(before?.rawValue ?? "~")] + scope.values + [.integer(limit)]
      ) { row in Self.record(row) }
    }
  }

  /// Those to which nothing has come since a time, oldest first.
  public func untouched(since time: Int, limit: Int) async throws -> [UploadID] {
    try await store.read { connection in
      try connection.query(
        "SELECT id FROM upload WHERE touched_at < ? ORDER BY touched_at LIMIT ?",
        [.integer(time), .integer(limit)]
      ) { row in UploadID(trusted: row.text(0)) }
    }
  }

  /// The ids of all there are.
  public func ids() async throws -> Set<UploadID> {
    try await store.read { Set(try Self.ids($0)) }
  }

  static func ids(_ connection: SQLiteConnection) throws -> [UploadID] {
    try connection.query("SELECT id FROM upload") { row in UploadID(trusted: row.text(0)) }
  }

  /// Notes that something came. A power cut may lose the time, not the bytes.
  public func touch(_ id: UploadID) async throws {
    try await store.writeUnsynced { connection in
      try connection.execute(
        "UPDATE upload SET touched_at = ? WHERE id = ?",
        [.integer(Store.now()), .text(id.rawValue)])
    }
  }

  /// - Throws: `StoreError.notFound`.
  public func delete(_ id: UploadID) async throws {
    try await store.writeFromReserve { connection in
      try Self.delete([id], connection)
      if connection.changes == 0 { throw StoreError(.notFound, "there is no upload \(id)") }
    }
  }

  /// Forgets uploads in the transaction that makes something of them, so that their bytes aren't counted twice.
  static func delete(_ ids: [UploadID], _ connection: SQLiteConnection) throws {
    for id in ids {
      try connection.execute("DELETE FROM upload WHERE id = ?", [.text(id.rawValue)])
    }
  }
}
