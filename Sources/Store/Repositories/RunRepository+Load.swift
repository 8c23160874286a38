import SQLite

extension RunRepository {
  /// What the server has to do.
  public struct Load: Sendable {
    public let counts: [RunState: Int]
    /// Milliseconds since 1970; `nil` when nothing waits.
    public let oldestQueuedAt: Int?
    /// Of the runs that train, together.
    public let examplesPerSecond: Double
    /// Deleted runs of which rows are still there.
    public let beingRemoved: Int
  }

  public func load() async throws -> Load {
    try await store.read { connection in
      // Ids are in the order of their making.
      let found = try connection.first(
        """
        SELECT (SELECT created_at FROM run WHERE state = 'queued' ORDER BY id LIMIT 1),
          (SELECT total(examples_per_second) FROM run WHERE state = 'running')
        """
      ) { row in (row.optionalInteger(0), row.double(1)) }
      return Load(
        counts: try Self.counts(connection), oldestQueuedAt: found?.0,
        examplesPerSecond: found?.1 ?? 0, beingRemoved: try Removal.count(connection))
    }
  }

  /// How many runs stand in each state.
  public func counts() async throws -> [RunState: Int] {
    try await store.read(Self.counts)
  }

  private static func counts(_ connection: SQLiteConnection) throws -> [RunState: Int] {
    let rows = try connection.query("SELECT state, count FROM run_count WHERE count <> 0") { row in
      (row.text(0), row.integer(1))
    }
    return Dictionary(
      uniqueKeysWithValues: rows.compactMap { name, count in
        RunState(rawValue: name).map { ($0, count) }
      })
  }
}
