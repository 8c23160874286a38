import SQLite

/// What changes of a run's row together with its state; `nil` leaves as it is.
public struct RunChange: Hashable, Sendable {
  /// Milliseconds since 1970.
  public var notBefore = 0
  public var retries: Int?
  public var deaths: Int?
  public var request: String?
  public var needs: String?
  public var amendments: String?

  public init() {}
}

extension RunRepository {
  /// Queues a run; once this returns it isn't lost, whatever happens.
  ///
  /// - Parameters:
  ///   - events: what to tell of it, in the same transaction.
  ///   - committed: hears of the events, with their ids, in the order of all commits.
  /// - Throws: `StoreError.notFound` for a dataset that is no longer there.
  public func insert(
    _ run: NewRun, events: @escaping @Sendable (RunRecord) -> [NewEvent] = { _ in [] },
    committed: @escaping @Sendable ([StoredEvent]) -> Void = { _ in }
  ) async throws -> RunRecord {
    let (key, owner) = (RequestKey.current, Caller.owner)
    let inserted = try await store.write(
      { try Self.insert(run, of: owner, under: key, events: events, $0) },
      committed: { committed($0.events) })
    return inserted.run
  }

  /// The same in a transaction of the caller's.
  static func insert(
    _ run: NewRun, of owner: Caller.Owner, under key: RequestKey?,
    events: (RunRecord) -> [NewEvent], _ connection: SQLiteConnection
  ) throws -> (run: RunRecord, events: [StoredEvent]) {
    let id = RunID.make()
    for (_, dataset) in run.datasets.roles
    where try DatasetRepository.get(dataset, connection) == nil {
      throw StoreError(.notFound, "there is no dataset \(dataset)")
    }
    try KeyRepository.checkQueue(of: owner, connection)
    try connection.execute(
      """
      INSERT INTO run (
        id, name, state, priority, model, request, data, tags, needs, created_at, queued_at,
        transfer, environment, project, key)
      VALUES (?1, ?2, 'queued', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11, ?12, ?13)
      """,
      [
        .text(id.rawValue), .optional(run.name), .integer(run.priority),
        .optional(run.model?.rawValue), .text(run.request), .text(run.data), .text(run.tags),
        .text(run.needs), .integer(Store.now()), .optional(run.transfer),
        .optional(run.environment),
      ] + owner.values)
    let number = connection.lastInsertedID
    try AnswerRepository.note(id, under: key, connection)
    for (role, dataset) in run.datasets.roles {
      try connection.execute(
        "INSERT INTO run_dataset (run, role, dataset) VALUES (?, ?, ?)",
        [.integer(number), .text(role), .text(dataset.rawValue)])
    }
    if let weights = run.givenWeights {
      try CheckpointRepository.insert(given: weights, .integer(number), connection)
    }
    guard let record = try Self.get(id, connection) else {
      throw StoreError(.corrupt, "run \(id) is gone")
    }
    return (record, try EventLog.append(events(record), to: id, .integer(number), connection))
  }

  /// Takes a queued run.
  ///
  /// - Parameters:
  ///   - events: what to tell of it, in the same transaction.
  ///   - committed: hears of the events, with their ids, in the order of all commits.
  /// - Returns: `nil` when it isn't queued any more.
  public func claim(
    _ id: RunID, events: @Sendable (RunRecord) -> [NewEvent] = { _ in [] },
    committed: @Sendable ([StoredEvent]) -> Void = { _ in }
  ) throws -> RunRecord? {
    let claimed = try store.writeAndWait(
      { connection -> (run: RunRecord, events: [StoredEvent])? in
        try connection.execute(
          """
          UPDATE run SET state = 'running', state_reason = NULL, attempt = attempt + 1,
            started_at = coalesce(started_at, ?) WHERE id = ? AND state = 'queued'
          """, [.integer(Store.now()), .text(id.rawValue)])
        guard connection.changes == 1, let run = try Self.get(id, connection) else { return nil }
        let number = try Self.number(of: id, connection)
        return (run, try EventLog.append(events(run), to: id, number, connection))
      }, committed: { committed($0?.events ?? []) })
    return claimed?.run
  }

  /// Notes where an attempt trains; for a training lane, which may wait. Nothing happens when the run is no longer its.
  public func note(environment: String, of id: RunID, attempt: Int) throws {
    try store.writeAndWait { connection in
      try connection.execute(
        "UPDATE run SET environment = ? WHERE id = ? AND attempt = ? AND state = 'running'",
        [.text(environment), .text(id.rawValue), .integer(attempt)])
    }
  }

  /// Notes what an attempt's data is to its model, likewise.
  public func note(data: String, of id: RunID, attempt: Int) throws {
    try store.writeAndWait { connection in
      try connection.execute(
        "UPDATE run SET data = ? WHERE id = ? AND attempt = ? AND state = 'running'",
        [.text(data), .text(id.rawValue), .integer(attempt)])
    }
  }

  /// Notes what a client asks of a running run, so that it is done even if the process ends before; a weaker wish than
  /// the one there changes nothing.
  ///
  /// - Returns: the run, and whether that is news; `nil` when it no longer runs.
  public func ask(_ wish: RunWish, of id: RunID) async throws -> (run: RunRecord, isNews: Bool)? {
    try await store.writeFromReserve { connection in
      guard var run = try Self.get(id, connection), run.state == .running else { return nil }
      if let earlier = run.wish, earlier >= wish { return (run, false) }
      try connection.execute(
        "UPDATE run SET wish = ? WHERE id = ?", [.text(wish.rawValue), .text(id.rawValue)])
      run.wish = wish
      return (run, true)
    }
  }

  /// Moves a run from the state it was seen in to another, and tells of it, in one transaction.
  ///
  /// A run that is over keeps no state to continue from; one that is queued begins to wait anew, and keeps the wish that
  /// its training is still to do.
  ///
  /// - Parameters:
  ///   - change: of the row, beside its state.
  ///   - committed: hears of the events, with their ids, in the order of all commits.
  /// - Returns: the run, or `nil` when it no longer stands where it was seen.
  public func move(
    _ run: RunRecord, to state: RunState, reason: StateReason?, error: String? = nil,
    change: RunChange = RunChange(),
    events: @Sendable (RunRecord) -> [NewEvent], committed: @Sendable ([StoredEvent]) -> Void
  ) throws -> RunRecord? {
    let work = {
      @Sendable (connection: SQLiteConnection) throws -> (run: RunRecord, events: [StoredEvent])? in
      let moved = try Self.move(
        run, to: state, reason: reason, error: error, change, connection)
      guard let moved else { return nil }
      let number = try Self.number(of: run.id, connection)
      if run.state == .running { try StagedCheckpoint.removeAll(of: number, connection) }
      if state.isOver { try Self.dropState(of: number, connection) }
      return (moved, try EventLog.append(events(moved), to: run.id, number, connection))
    }
    // A cancellation is taken on a full disk too.
    let moved =
      state == .cancelled
      ? try store.writeFromReserveAndWait(work, committed: { committed($0?.events ?? []) })
      : try store.writeAndWait(work, committed: { committed($0?.events ?? []) })
    return moved?.run
  }

  /// Removes what a run would continue from.
  static func dropState(of number: SQLiteValue, _ connection: SQLiteConnection) throws {
    try connection.execute(
      """
      DELETE FROM checkpoint_part WHERE part = 'state'
      AND checkpoint IN (SELECT id FROM checkpoint WHERE run = ?)
      """, [number])
  }

  static func number(of run: RunID, _ connection: SQLiteConnection) throws -> SQLiteValue {
    let number = try connection.first(
      "SELECT number FROM run WHERE id = ?", [.text(run.rawValue)]
    ) { row in row.int64(0) }
    guard let number else { throw StoreError(.notFound, "there is no run \(run)") }
    return .integer(number)
  }

  private static func move(
    _ run: RunRecord, to state: RunState, reason: StateReason?, error: String?,
    _ change: RunChange, _ connection: SQLiteConnection
  ) throws -> RunRecord? {
    try connection.execute(
      """
      UPDATE run SET state = ?, state_reason = ?, error = ?, finished_at = ?, eta_seconds = NULL,
        queued_at = coalesce(?, queued_at), not_before = ?, retries = coalesce(?, retries),
        deaths = coalesce(?, deaths), request = coalesce(?, request),
        needs = coalesce(?, needs), amendments = coalesce(?, amendments),
        wish = CASE ?1 WHEN 'queued' THEN wish END
      WHERE id = ? AND state = ? AND attempt = ? AND wish IS ?
      """,
      [
        .text(state.rawValue), .optional(reason?.rawValue), .optional(error),
        .optional(state.isOver ? Store.now() : nil),
        .optional(state == .queued ? Store.now() : nil), .integer(change.notBefore),
        .optional(change.retries), .optional(change.deaths), .optional(change.request),
        .optional(change.needs), .optional(change.amendments), .text(run.id.rawValue),
        .text(run.state.rawValue), .integer(run.attempt), .optional(run.wish?.rawValue),
      ])
    return connection.changes == 1 ? try get(run.id, connection) : nil
  }

  /// The runs that stand in a state, oldest first.
  public func all(in state: RunState) throws -> [RunRecord] {
    try store.readAndWait { connection in
      try Self.records(connection, "WHERE state = ? ORDER BY number", [.text(state.rawValue)])
    }
  }

  /// Changes what a client may change at any time; `nil` leaves as it is.
  public func update(
    _ id: RunID, name: String??, tags: String?, priority: Int?
  ) async throws -> RunRecord {
    try await store.write { connection in
      guard let run = try Self.get(id, connection) else {
        throw StoreError(.notFound, "there is no run \(id)")
      }
      try connection.execute(
        "UPDATE run SET name = ?, tags = ?, priority = ? WHERE id = ?",
        [
          .optional(name ?? run.name), .text(tags ?? run.tags),
          .integer(priority ?? run.priority), .text(id.rawValue),
        ])
      return try Self.get(id, connection) ?? run
    }
  }

  /// Deletes a run that is over: nobody finds it any more. What it recorded goes with `sweep`.
  ///
  /// - Throws: `StoreError.notFound`, or `conflict` while it isn't over.
  public func delete(_ id: RunID) async throws {
    try await store.writeFromReserve { connection in
      guard let run = try Self.get(id, connection) else {
        throw StoreError(.notFound, "there is no run \(id)")
      }
      guard run.state.isOver else {
        throw StoreError(
          .conflict, "run \(id) is \(run.state.rawValue); cancel it before it is deleted")
      }
      try Removal.putAway(id, connection)
    }
  }
}
