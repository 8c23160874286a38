import SQLite

extension RunHistory {
  /// Of histograms, how many of those that were taken stay: every tenth, and the first and the last.
  private static let keptHistograms = 10
  private static let rowsAtOnce = 500

  /// Drops the finest level of the histories of runs that ended before a time, and nine of ten of their histograms.
  ///
  /// In small transactions, so that no run that trains waits long. What is left shows the extremes of every 32 steps.
  ///
  /// - Parameter time: milliseconds since 1970.
  /// - Returns: how many runs were thinned.
  public func thin(endedBefore time: Int) async throws -> Int {
    var thinned = 0
    while true {
      let next = try await store.read { connection in
        try connection.first(
          """
          SELECT number FROM run WHERE finished_at < ? AND thinned_at IS NULL AND packed_step > 0
          ORDER BY number LIMIT 1
          """, [.integer(time)]
        ) { row in row.int64(0) }
      }
      guard let next else { return thinned }
      let run = SQLiteValue.integer(next)
      // Marked first: from then on readers take the next level.
      try await store.write { connection in
        try connection.execute(
          "UPDATE run SET thinned_at = ? WHERE number = ?", [.integer(Store.now()), run])
      }
      try await deleteAll(
        """
        DELETE FROM block WHERE run = ?1 AND level = 0 AND (stream, first_step) IN (
          SELECT stream, first_step FROM block WHERE run = ?1 AND level = 0 LIMIT ?2)
        """, run)
      try await deleteAll(
        """
        DELETE FROM histogram WHERE run = ?1 AND (quantity, layer, parameter, step) IN (
          SELECT quantity, layer, parameter, step FROM (
            SELECT quantity, layer, parameter, step,
              row_number() OVER (PARTITION BY quantity, layer, parameter ORDER BY step) AS place,
              count(*) OVER (PARTITION BY quantity, layer, parameter) AS number
            FROM histogram WHERE run = ?1)
          WHERE place % \(Self.keptHistograms) != 1 AND place != number LIMIT ?2)
        """, run, once: true)
      thinned += 1
    }
  }

  /// Deletes some rows at a time until there are none left.
  ///
  /// - Parameter once: whether what is left depends on what was deleted, so that it must go at once.
  private func deleteAll(_ sql: String, _ run: SQLiteValue, once: Bool = false) async throws {
    while true {
      let count = try await store.write { connection in
        try connection.execute(sql, [run, .integer(once ? .max : Self.rowsAtOnce)])
        return connection.changes
      }
      if once || count < Self.rowsAtOnce { return }
    }
  }
}
