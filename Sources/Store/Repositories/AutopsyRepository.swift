import SQLite

/// For each run that failed by its numbers, what was found of why.
public struct AutopsyRepository: Sendable {
  let store: Store

  /// The findings as JSON; `nil` when the run has none.
  public func get(_ run: RunID) async throws -> String? {
    try await store.read { connection in
      try connection.first(
        "SELECT data FROM autopsy WHERE run = (SELECT number FROM run WHERE id = ?)",
        [.text(run.rawValue)]
      ) { row in row.text(0) }
    }
  }

  /// Keeps what an attempt found; nothing of an attempt that has been given up.
  public func put(_ data: String, of run: RunID, attempt: Int) throws {
    try store.writeAndWait { connection in
      try connection.execute(
        """
        INSERT OR REPLACE INTO autopsy (run, data)
        SELECT number, ? FROM run WHERE id = ? AND attempt = ?
        """, [.text(data), .text(run.rawValue), .integer(attempt)])
    }
  }
}
