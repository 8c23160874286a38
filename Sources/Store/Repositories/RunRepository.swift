import SQLite

/// The runs' rows: the queue and each run's state.
public struct RunRepository: Sendable {
  let store: Store

  static let columns = """
    id, name, state, state_reason, attempt, priority, model, request, tags, epoch, step, \
    total_steps, examples_per_second, elapsed_seconds, eta_seconds, metrics, best, error, \
    created_at, started_at, finished_at, number, data, vanishing_index, \
    queued_at, not_before, retries, deaths, needs, amendments, wish, transfer, environment, project, key
    """

  static func record(_ row: SQLiteRow, _ connection: SQLiteConnection) throws -> RunRecord {
    let roles = try connection.query(
      "SELECT role, dataset FROM run_dataset WHERE run = ?", [.integer(row.int64(21))]
    ) { row in (row.text(0), DatasetID(trusted: row.text(1))) }
    let datasets = Dictionary(roles, uniquingKeysWith: { first, _ in first })
    guard let train = datasets["train"], let state = RunState(rawValue: row.text(2)) else {
      throw StoreError(.corrupt, "the row of run \(row.text(0)) is damaged")
    }
    var progress = RunRecord.Progress()
    progress.epoch = row.integer(9)
    progress.step = row.integer(10)
    progress.totalSteps = row.optionalInteger(11)
    progress.examplesPerSecond = row.optionalDouble(12)
    progress.elapsedSeconds = row.double(13)
    progress.etaSeconds = row.optionalDouble(14)
    progress.vanishingIndex = row.optionalDouble(23)
    return RunRecord(
      id: RunID(trusted: row.text(0)), name: row.optionalText(1), state: state,
      stateReason: row.optionalText(3).flatMap(StateReason.init(rawValue:)),
      attempt: row.integer(4), priority: row.integer(5),
      model: row.optionalText(6).map { ModelID(trusted: $0) },
      datasets: RunRecord.Datasets(
        train: train, validation: datasets["validation"], test: datasets["test"]),
      request: row.text(7), data: row.text(22), tags: row.text(8), progress: progress,
      metrics: row.text(15),
      best: row.optionalText(16), error: row.optionalText(17),
      wish: row.optionalText(30).flatMap(RunWish.init(rawValue:)), number: row.integer(21),
      waiting: RunRecord.Waiting(
        since: row.integer(24), notBefore: row.integer(25), retries: row.integer(26),
        deaths: row.integer(27), needs: row.text(28)),
      amendments: row.text(29), transfer: row.optionalText(31),
      environment: row.optionalText(32), project: row.text(33),
      key: row.optionalText(34).map { KeyID(trusted: $0) }, createdAt: row.integer(18),
      startedAt: row.optionalInteger(19), finishedAt: row.optionalInteger(20))
  }

  static func records(
    _ connection: SQLiteConnection, _ clause: String, _ values: [SQLiteValue]
  ) throws -> [RunRecord] {
    try connection.query("SELECT \(columns) FROM run \(clause)", values) { row in
      try record(row, connection)
    }
  }

  static func get(_ id: RunID, _ connection: SQLiteConnection) throws -> RunRecord? {
    try records(connection, "WHERE id = ?", [.text(id.rawValue)]).first
  }

  public func get(_ id: RunID) async throws -> RunRecord? {
    let scope = Caller.scope
    return try await store.read { connection in
      try Self.records(
        connection, "WHERE id = ?\(scope.condition)", [.text(id.rawValue)] + scope.values
      ).first
    }
  }

  /// For a training lane, which may wait.
  public func getAndWait(_ id: RunID) throws -> RunRecord? {
    try store.readAndWait { try Self.get(id, $0) }
  }

  /// Newest first, those older than `before`; a run that is being removed lies behind all.
  public func list(
    state: RunState? = nil, limit: Int, before: RunID? = nil
  ) async throws -> [RunRecord] {
    let scope = Caller.scope
    return try await store.read { connection in
      var values = [SQLiteValue.text(before?.rawValue ?? "~")] + scope.values
      if let state { values.append(.text(state.rawValue)) }
      return try Self.records(
        connection,
        """
        WHERE id < ?\(scope.condition)\(state == nil ? "" : " AND state = ?")
        ORDER BY id DESC LIMIT ?
        """, values + [.integer(limit)])
    }
  }

  /// By the vanishing index, runs without one last when it falls and first when it rises.
  ///
  /// - Parameter after: the last run of the page before.
  public func listByVanishingIndex(
    falling: Bool, state: RunState? = nil, limit: Int, after: RunID? = nil
  ) async throws -> [RunRecord] {
    let order = falling ? "DESC" : "ASC"
    let comparison = falling ? "<" : ">"
    let index = "coalesce(vanishing_index, -1e308)"
    let project = Caller.current?.project
    return try await store.read { connection in
      try Self.records(
        connection,
        """
        WHERE \(Removal.isThere) AND (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR
          (\(index), id) \(comparison) (SELECT \(index), id FROM run WHERE id = ?2))
          AND (?4 IS NULL OR project = ?4)
        ORDER BY \(index) \(order), id \(order) LIMIT ?3
        """,
        [
          .optional(state?.rawValue), .optional(after?.rawValue), .integer(limit),
          .optional(project),
        ])
    }
  }

  /// Runs of its project that succeeded on the same training data, of the newest `among` before this one, with the same loss at the same
  /// last step; for a training lane, which may wait.
  public func withSameLoss(
    _ loss: Double, at step: Int, as run: RunRecord, among: Int, limit: Int
  ) throws -> [RunID] {
    try store.readAndWait { connection in
      try connection.query(
        """
        SELECT other.id FROM run AS other JOIN run AS own ON own.id = ?1
        JOIN run_dataset ON run_dataset.run = other.number AND role = 'train' AND dataset = ?2
        WHERE other.state = 'succeeded' AND other.step = ?4 AND other.project = own.project
        AND other.number < own.number AND other.number >= own.number - ?3
        AND json_extract(other.metrics, '$.train_loss') = ?5 ORDER BY other.number DESC LIMIT ?6
        """,
        [
          .text(run.id.rawValue), .text(run.datasets.train.rawValue), .integer(among),
          .integer(step), .real(loss), .integer(limit),
        ]
      ) { row in RunID(trusted: row.text(0)) }
    }
  }

  /// Seconds that each running one is likely still to take, where that is known, and how long the newest that are over trained
  /// on average.
  public func durations() async throws -> (left: [RunID: Double], usual: Double?) {
    try await store.read { connection in
      let left = try connection.query(
        "SELECT id, eta_seconds FROM run WHERE state = 'running' AND eta_seconds IS NOT NULL"
      ) { row in (RunID(trusted: row.text(0)), row.double(1)) }
      let usual = try connection.first(
        """
        SELECT avg(elapsed_seconds) FROM (
          SELECT elapsed_seconds FROM run WHERE state = 'succeeded' AND \(Removal.isThere)
          ORDER BY id DESC LIMIT 50)
        """
      ) { row in row.optionalDouble(0) }
      return (Dictionary(uniqueKeysWithValues: left), usual ?? nil)
    }
  }
}
