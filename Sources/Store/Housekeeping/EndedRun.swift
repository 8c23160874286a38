import SQLite

/// A run that is over, as far as rules of retention ask.
public struct EndedRun: Hashable, Sendable {
  public let id: RunID
  public let number: Int
  public let state: RunState
  /// Milliseconds since 1970.
  public let finishedAt: Int
  /// Whether its tag `keep` says anything but `false`.
  public let isKept: Bool
  /// Whether its history has a level that can be dropped.
  public let isThinnable: Bool

  public init(
    id: RunID, number: Int, state: RunState, finishedAt: Int, isKept: Bool, isThinnable: Bool
  ) {
    self.id = id
    self.number = number
    self.state = state
    self.finishedAt = finishedAt
    self.isKept = isKept
    self.isThinnable = isThinnable
  }

  /// Tags that can't be read may say it too.
  static let isKept =
    "CASE WHEN json_valid(tags) THEN coalesce(json_extract(tags, '$.keep'), 'false') <> 'false' ELSE 1 END"
}

extension RunRepository {
  /// Runs that ended before a time, the oldest first.
  ///
  /// - Parameter last: the last run of the page before.
  public func ended(
    before time: Int, after last: EndedRun? = nil, limit: Int
  ) async throws -> [EndedRun] {
    try await store.read { connection in
      try connection.query(
        """
        SELECT id, number, state, finished_at, \(EndedRun.isKept),
          thinned_at IS NULL AND packed_step > 0
        FROM run WHERE finished_at < ?1 AND (finished_at, number) > (?2, ?3) AND \(Removal.isThere)
        ORDER BY finished_at, number LIMIT ?4
        """,
        [
          .integer(time), .integer(last?.finishedAt ?? .min), .integer(last?.number ?? 0),
          .integer(limit),
        ]
      ) { row in
        EndedRun(
          id: RunID(trusted: row.text(0)), number: row.integer(1),
          state: RunState(rawValue: row.text(2)) ?? .failed, finishedAt: row.integer(3),
          isKept: row.integer(4) == 1, isThinnable: row.integer(5) == 1)
      }
    }
  }
}

extension DatasetRepository {
  /// Datasets that no run has used since before a time, and none uses now; also those that none ever used and that are as old.
  public func unused(since time: Int, limit: Int) async throws -> [DatasetID] {
    try await store.read { connection in
      try connection.query(
        """
        SELECT id FROM dataset WHERE coalesce(unused_since, created_at) < ?
        AND NOT EXISTS (SELECT 1 FROM run_dataset WHERE dataset = dataset.id) ORDER BY id LIMIT ?
        """, [.integer(time), .integer(limit)]
      ) { row in DatasetID(trusted: row.text(0)) }
    }
  }
}
