import SQLite

/// What was changed, when, and with which key. Rows are added and grow old; none is ever changed.
public struct AuditLog: Sendable {
  let store: Store

  /// Notes a request, before it is answered: the death of the process loses none. A power cut may lose the newest; what they
  /// tell of is durable by itself.
  public func append(_ record: AuditRecord) async throws {
    try await store.writeUnsynced { connection in
      try connection.execute(
        """
        INSERT INTO audit (at, request, key, project, client, operation, path, status, made)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
          .integer(record.at), .text(record.request), .optional(record.caller.key?.rawValue),
          .text(record.caller.project), .optional(record.client), .text(record.operation),
          .text(record.path), .integer(record.status), .optional(record.made),
        ])
    }
  }

  /// Newest first, those before an id; of one key or of all.
  public func list(
    limit: Int, before id: Int64? = nil, key: KeyID? = nil
  ) async throws -> [AuditRecord] {
    let condition = key == nil ? "" : "AND key = ?3"
    return try await store.read { connection in
      try connection.query(
        """
        SELECT id, at, request, key, project, client, operation, path, status, made FROM audit
        WHERE id < ?1 \(condition) ORDER BY id DESC LIMIT ?2
        """,
        [.integer(id ?? .max), .integer(limit)] + (key.map { [.text($0.rawValue)] } ?? [])
      ) { row in
        AuditRecord(
          id: row.int64(0), at: row.integer(1), request: row.text(2),
          caller: Caller(
            project: row.text(4), key: row.optionalText(3).map { KeyID(trusted: $0) }),
          client: row.optionalText(5), operation: row.text(6), path: row.text(7),
          status: row.integer(8), made: row.optionalText(9))
      }
    }
  }

  /// Lets go of records from before a time, some in one short transaction.
  ///
  /// - Parameter time: milliseconds since 1970.
  /// - Returns: whether none is left.
  public func dropSlice(before time: Int) async throws -> Bool {
    try await store.dropAged(from: "audit", by: "at", before: time)
  }
}
