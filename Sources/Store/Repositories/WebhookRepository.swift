import SQLite

/// The webhooks' rows.
public struct WebhookRepository: Sendable {
  let store: Store

  static let columns = "id, name, url, events, secret, created_at, disabled"

  static func record(_ row: SQLiteRow) -> WebhookRecord {
    WebhookRecord(
      id: WebhookID(trusted: row.text(0)), name: row.text(1), url: row.text(2),
      events: row.text(3), secret: row.text(4), createdAt: row.integer(5),
      disabled: row.optionalText(6))
  }

  /// - Parameter limit: how many a project may have.
  /// - Throws: `StoreError.conflict` when it has as many.
  public func insert(_ record: WebhookRecord, limit: Int) async throws {
    let owner = Caller.owner
    try await store.write { connection in
      let count = try connection.first(
        "SELECT count(*) FROM webhook WHERE project = ?", [.text(owner.project)]
      ) { row in row.integer(0) }
      guard let count, count < limit else {
        throw StoreError(.conflict, "the project has \(limit) webhooks, as many as may be")
      }
      try connection.execute(
        "INSERT INTO webhook (\(Self.columns), project, key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
          .text(record.id.rawValue), .text(record.name), .text(record.url),
          .text(record.events), .text(record.secret), .integer(record.createdAt),
          .optional(record.disabled),
        ] + owner.values)
    }
  }

  public func get(_ id: WebhookID) async throws -> WebhookRecord? {
    let scope = Caller.scope
    return try await store.read { connection in
      try connection.first(
        "SELECT \(Self.columns) FROM webhook WHERE id = ?\(scope.condition)",
        [.text(id.rawValue)] + scope.values
      ) { row in Self.record(row) }
    }
  }

  /// Newest first, those older than `before`.
  public func list(limit: Int, before: WebhookID? = nil) async throws -> [WebhookRecord] {
    let scope = Caller.scope
    return try await store.read { connection in
      try connection.query(
        """
        SELECT \(Self.columns) FROM webhook WHERE id < ?\(scope.condition)
        ORDER BY id DESC LIMIT ?
        """, [.text(before?.rawValue ?? "~")] + scope.values + [.integer(limit)]
      ) { row in Self.record(row) }
    }
  }

  /// Stops calling; what waits is given up. `nil` calls again from now on.
  public func disable(_ id: WebhookID, because reason: String?) async throws {
    try await store.write { connection in
      try connection.execute(
        "UPDATE webhook SET disabled = ? WHERE id = ?",
        [.optional(reason), .text(id.rawValue)])
      guard let reason else { return }
      try connection.execute(
        """
        UPDATE delivery SET state = 'failed', error = ?, ended_at = ?
        WHERE webhook = ? AND state = 'pending'
        """, [.text(reason), .integer(Store.now()), .text(id.rawValue)])
    }
  }

  /// Deletes a webhook and what is known of its calls.
  ///
  /// - Throws: `StoreError.notFound`.
  public func delete(_ id: WebhookID) async throws {
    try await store.writeFromReserve { connection in
      try connection.execute("DELETE FROM webhook WHERE id = ?", [.text(id.rawValue)])
      if connection.changes == 0 { throw StoreError(.notFound, "there is no webhook \(id)") }
      try connection.execute("DELETE FROM delivery WHERE webhook = ?", [.text(id.rawValue)])
    }
  }
}
