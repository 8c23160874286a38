import SQLite

/// The sweeps' rows, and which runs belong to each.
public struct SweepRepository: Sendable {
  let store: Store

  private static let columns = "id, name, request, goal, direction, created_at"

  private static func record(_ row: SQLiteRow) throws -> SweepRecord {
    guard let direction = SweepRecord.Direction(rawValue: row.text(4)) else {
      throw StoreError(.corrupt, "the row of sweep \(row.text(0)) is damaged")
    }
    return SweepRecord(
      id: SweepID(trusted: row.text(0)), name: row.optionalText(1), request: row.text(2),
      goal: row.text(3), direction: direction, createdAt: row.integer(5))
  }

  /// Queues all runs of a sweep, or none.
  ///
  /// - Parameters:
  ///   - runs: each with what is different in it, as JSON.
  ///   - limit: how many sweeps a project may have.
  ///   - events, committed: as of `RunRepository.insert`.
  /// - Throws: `StoreError.conflict` when the project has as many; `.quota`, `.notFound` as of a run alone.
  public func insert(
    _ record: SweepRecord, _ runs: [(run: NewRun, parameters: String)], limit: Int,
    events: @escaping @Sendable (RunRecord) -> [NewEvent],
    committed: @escaping @Sendable ([StoredEvent]) -> Void
  ) async throws -> [RunRecord] {
    let (key, owner) = (RequestKey.current, Caller.owner)
    let inserted = try await store.write(
      { connection -> (runs: [RunRecord], events: [StoredEvent]) in
        let count = try connection.first(
          "SELECT count(*) FROM sweep WHERE project = ?", [.text(owner.project)]
        ) { row in row.integer(0) }
        guard let count, count < limit else {
          throw StoreError(.conflict, "the project has \(limit) sweeps, as many as may be")
        }
        try AnswerRepository.note(record.id, under: key, connection)
        try connection.execute(
          "INSERT INTO sweep (\(Self.columns), project, key) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
          [
            .text(record.id.rawValue), .optional(record.name), .text(record.request),
            .text(record.goal), .text(record.direction.rawValue), .integer(record.createdAt),
          ] + owner.values)
        var all: (runs: [RunRecord], events: [StoredEvent]) = ([], [])
        for (position, one) in runs.enumerated() {
          let (run, told) = try RunRepository.insert(
            one.run, of: owner, under: nil, events: events, connection)
          try connection.execute(
            "INSERT INTO sweep_run (sweep, position, run, parameters) VALUES (?, ?, ?, ?)",
            [
              .text(record.id.rawValue), .integer(position), .text(run.id.rawValue),
              .text(one.parameters),
            ])
          all.runs.append(run)
          all.events += told
        }
        return all
      }, committed: { committed($0.events) })
    return inserted.runs
  }

  public func get(_ id: SweepID) async throws -> SweepRecord? {
    let scope = Caller.scope
    return try await store.read { connection in
      try connection.first(
        "SELECT \(Self.columns) FROM sweep WHERE id = ?\(scope.condition)",
        [.text(id.rawValue)] + scope.values
      ) { row in try Self.record(row) }
    }
  }

  /// Newest first, those older than `before`.
  public func list(limit: Int, before: SweepID? = nil) async throws -> [SweepRecord] {
    let scope = Caller.scope
    return try await store.read { connection in
      try connection.query(
        """
        SELECT \(Self.columns) FROM sweep WHERE id < ?\(scope.condition)
        ORDER BY id DESC LIMIT ?
        """, [.text(before?.rawValue ?? "~")] + scope.values + [.integer(limit)]
      ) { row in try Self.record(row) }
    }
  }

  // MARK: - Runs

  /// The newest value of the goal's series, which `?2` names.
  private static let value = "json_extract(run.metrics, '$.\"' || ?2 || '\"')"

  private static func run(_ row: SQLiteRow) throws -> SweepRun {
    guard let state = RunState(rawValue: row.text(2)) else {
      throw StoreError(.corrupt, "the row of run \(row.text(1)) is damaged")
    }
    return SweepRun(
      position: row.integer(0), run: RunID(trusted: row.text(1)), state: state,
      parameters: row.text(3), value: row.optionalDouble(4))
  }

  /// The sweep's runs that are there, in the order in which they were queued.
  ///
  /// - Parameter after: the position of the last run of the page before.
  public func runs(
    of sweep: SweepRecord, limit: Int, after: Int? = nil
  ) async throws -> [SweepRun] {
    try await store.read { connection in
      try connection.query(
        """
        SELECT position, run.id, run.state, parameters, \(Self.value)
        FROM sweep_run JOIN run ON run.id = sweep_run.run
        WHERE sweep = ?1 AND position > ?3 ORDER BY position LIMIT ?4
        """,
        [
          .text(sweep.id.rawValue), .text(sweep.goal), .integer(after ?? -1), .integer(limit),
        ]
      ) { row in try Self.run(row) }
    }
  }

  public func progress(of sweep: SweepRecord) async throws -> SweepProgress {
    try await store.read { connection in
      let states = try connection.query(
        """
        SELECT run.state, count(*), max(run.finished_at)
        FROM sweep_run JOIN run ON run.id = sweep_run.run WHERE sweep = ? GROUP BY run.state
        """, [.text(sweep.id.rawValue)]
      ) { row in (RunState(rawValue: row.text(0)), row.integer(1), row.optionalInteger(2)) }
      var counts: [RunState: Int] = [:]
      for (state, count, _) in states { if let state { counts[state] = count } }
      let best = try connection.first(
        """
        SELECT position, run.id, run.state, parameters, \(Self.value) AS value
        FROM sweep_run JOIN run ON run.id = sweep_run.run
        WHERE sweep = ?1 AND run.state = 'succeeded' AND value IS NOT NULL
        ORDER BY value \(sweep.direction == .minimize ? "ASC" : "DESC"), position LIMIT 1
        """, [.text(sweep.id.rawValue), .text(sweep.goal)]
      ) { row in try Self.run(row) }
      let spread = try connection.first(
        """
        WITH value AS (SELECT \(Self.value) AS value FROM sweep_run JOIN run ON run.id = sweep_run.run
          WHERE sweep = ?1 AND run.state = 'succeeded')
        SELECT count(*), avg(value), avg((value - (SELECT avg(value) FROM value)) * (value - (SELECT avg(value) FROM value)))
        FROM value WHERE value IS NOT NULL
        """, [.text(sweep.id.rawValue), .text(sweep.goal)]
      ) { row in
        SweepProgress.Spread(
          count: row.integer(0), mean: row.optionalDouble(1), variance: row.optionalDouble(2))
      }
      let isOver = counts.keys.allSatisfy(\.isOver)
      return SweepProgress(
        counts: counts, finishedAt: isOver ? states.compactMap(\.2).max() : nil, best: best,
        spread: spread ?? SweepProgress.Spread(count: 0, mean: nil, variance: nil))
    }
  }

  /// Forgets a sweep; its runs stay.
  ///
  /// - Throws: `StoreError.notFound`.
  public func delete(_ id: SweepID) async throws {
    try await store.writeFromReserve { connection in
      try connection.execute("DELETE FROM sweep WHERE id = ?", [.text(id.rawValue)])
      if connection.changes == 0 { throw StoreError(.notFound, "there is no sweep \(id)") }
      try connection.execute("DELETE FROM sweep_run WHERE sweep = ?", [.text(id.rawValue)])
    }
  }
}
