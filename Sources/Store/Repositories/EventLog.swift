import SQLite

/// The events of all runs, in the order in which they committed.
public struct EventLog: Sendable {
  let store: Store

  static func append(
    _ events: [NewEvent], to run: RunID, _ number: SQLiteValue, _ connection: SQLiteConnection
  ) throws -> [StoredEvent] {
    let stored = try events.map { event in
      try connection.execute(
        "INSERT INTO event (run, kind, data) VALUES (?, ?, ?)",
        [number, .text(event.kind), .text(event.data)])
      return StoredEvent(
        id: connection.lastInsertedID, run: run, kind: event.kind, data: event.data)
    }
    try DeliveryRepository.note(stored, of: number, connection)
    return stored
  }

  /// Events that aren't part of a batch, such as a change of state.
  ///
  /// - Parameter committed: hears of the events in the order of all commits.
  public func append(
    _ events: [NewEvent], to run: RunID, committed: @Sendable ([StoredEvent]) -> Void
  ) throws {
    _ = try store.writeAndWait(
      { connection in
        let number = try RunRepository.number(of: run, connection)
        return try Self.append(events, to: run, number, connection)
      }, committed: committed)
  }

  /// At most `limit` events after an id, oldest first; of one run or of all that the caller sees.
  public func read(
    run: RunID?, after id: Int64, limit: Int
  ) async throws -> [StoredEvent] {
    let scope = Caller.scope
    return try await store.read { connection in
      let columns =
        "SELECT event.id, run.id, event.kind, event.data FROM event JOIN run ON run.number = event.run"
      if let run {
        return try connection.query(
          """
          \(columns) WHERE event.run = (SELECT number FROM run WHERE id = ?) AND event.id > ?
          ORDER BY event.id LIMIT ?
          """, [.text(run.rawValue), .integer(id), .integer(limit)]
        ) { row in Self.event(row) }
      }
      return try connection.query(
        """
        \(columns) WHERE event.id > ? AND \(Removal.isThere)\(scope.condition)
        ORDER BY event.id LIMIT ?
        """, [.integer(id)] + scope.values + [.integer(limit)]
      ) { row in Self.event(row) }
    }
  }

  /// The newest events of a run, newest first.
  public func newest(of run: RunID, limit: Int) throws -> [StoredEvent] {
    try store.readAndWait { connection in
      try connection.query(
        """
        SELECT event.id, run.id, event.kind, event.data FROM event JOIN run ON run.number = event.run
        WHERE event.run = (SELECT number FROM run WHERE id = ?) ORDER BY event.id DESC LIMIT ?
        """, [.text(run.rawValue), .integer(limit)]
      ) { row in Self.event(row) }
    }
  }

  /// The newest id there ever was; 0 before the first.
  public func lastID() throws -> Int64 {
    try store.readAndWait { connection in
      try connection.first("SELECT coalesce(max(id), 0) FROM event") { row in
        row.int64(0)
      } ?? 0
    }
  }

  /// Drops the events of runs that ended before a time, but for their states and their end, in one short transaction.
  ///
  /// - Parameter time: milliseconds since 1970.
  /// - Returns: how many runs are done, and whether none is left.
  public func dropSlice(endedBefore time: Int) async throws -> (runs: Int, isDone: Bool) {
    try await store.writeUnsynced { connection in
      let events = RunTable.event.only("kind NOT IN ('state', 'end')")
      var slice = Slice()
      var count = 0
      while let run = try Self.next(endedBefore: time, connection) {
        guard slice.takes(), try events.delete(of: run, within: &slice, connection) else {
          return (count, false)
        }
        try connection.execute(
          "UPDATE run SET events_dropped_at = ? WHERE number = ?", [.integer(Store.now()), run])
        count += 1
      }
      return (count, true)
    }
  }

  private static func next(
    endedBefore time: Int, _ connection: SQLiteConnection
  ) throws -> SQLiteValue? {
    try connection.first(
      """
      SELECT number FROM run INDEXED BY run_by_end_with_events
      WHERE finished_at < ? AND events_dropped_at IS NULL AND \(Removal.isThere)
      ORDER BY finished_at LIMIT 1
      """, [.integer(time)]
    ) { row in .integer(row.int64(0)) }
  }

  private static func event(_ row: SQLiteRow) -> StoredEvent {
    StoredEvent(
      id: row.int64(0), run: RunID(trusted: row.text(1)), kind: row.text(2), data: row.text(3))
  }
}
