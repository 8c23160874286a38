import SQLite

/// What the rules of the diagnosis saw.
public struct FindingRepository: Sendable {
  let store: Store

  /// A run's findings in the order of their first steps, at most `limit`; of one rule or severity, or of all.
  public func list(
    _ run: RunID, rule: String? = nil, severity: String? = nil, limit: Int
  ) async throws -> [StoredFinding] {
    try await store.read { connection in
      try connection.query(
        """
        SELECT key, rule, severity, from_step, data FROM finding
        WHERE run = (SELECT number FROM run WHERE id = ?1)
        AND (?2 IS NULL OR rule = ?2) AND (?3 IS NULL OR severity = ?3)
        ORDER BY from_step, key LIMIT ?4
        """, [.text(run.rawValue), .optional(rule), .optional(severity), .integer(limit)]
      ) { row in
        StoredFinding(
          key: row.text(0), rule: row.text(1), severity: row.text(2), fromStep: row.integer(3),
          data: row.text(4))
      }
    }
  }

  /// The keys of what was found so far, for a training lane, which may wait.
  public func keys(of run: RunID) throws -> Set<String> {
    try store.readAndWait { connection in
      Set(
        try connection.query(
          "SELECT key FROM finding WHERE run = (SELECT number FROM run WHERE id = ?)",
          [.text(run.rawValue)]
        ) { row in row.text(0) })
    }
  }
}
