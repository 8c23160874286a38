import SQLite

/// The calls of webhooks.
public struct DeliveryRepository: Sendable {
  let store: Store

  /// Kinds of events that webhooks may be told of: those that no reader ever misses.
  public static let kinds = ["state", "epoch", "validation", "checkpoint", "finding", "end"]
  /// Calls of one webhook that may wait; beyond it the newest are given up at once.
  static let mostPending = 10_000

  private static let columns = """
    delivery.id, delivery.webhook, message, type, run, payload, state, attempts, due_at, status, \
    error, delivery.created_at, ended_at
    """

  private static func record(_ row: SQLiteRow) -> DeliveryRecord {
    DeliveryRecord(
      id: row.int64(0), webhook: WebhookID(trusted: row.text(1)), message: row.text(2),
      type: row.text(3), run: row.optionalText(4), payload: row.text(5),
      state: DeliveryRecord.State(rawValue: row.text(6)) ?? .failed, attempts: row.integer(7),
      dueAt: row.integer(8), status: row.optionalInteger(9), error: row.optionalText(10),
      createdAt: row.integer(11), endedAt: row.optionalInteger(12))
  }

  /// Notes what is to be told of events, in the transaction that makes them.
  static func note(
    _ events: [StoredEvent], of number: SQLiteValue, _ connection: SQLiteConnection
  ) throws {
    for event in events where kinds.contains(event.kind) {
      try connection.execute(
        """
        WITH told AS (
          SELECT webhook.id AS id, (
            SELECT count(*) FROM delivery WHERE delivery.webhook = webhook.id AND state = 'pending'
          ) < ?7 AS has_room
          FROM run JOIN webhook ON webhook.project = run.project AND webhook.disabled IS NULL
          WHERE run.number = ?6
          AND EXISTS (SELECT 1 FROM json_each(webhook.events) WHERE value = ?1))
        INSERT INTO delivery
          (webhook, message, type, run, payload, due_at, created_at, state, error, ended_at)
        SELECT id, 'msg_' || ?2 || '_' || id, 'run.' || ?1, ?3,
          json_object('type', 'run.' || ?1,
            'timestamp', strftime('%Y-%m-%dT%H:%M:%fZ', ?5 / 1000.0, 'unixepoch'),
            'data', json_object('run', ?3, 'event_id', ?2, 'event', json(?4))),
          ?5, ?5, iif(has_room, 'pending', 'failed'),
          iif(has_room, NULL, 'too many calls wait'), iif(has_room, NULL, ?5)
        FROM told
        """,
        [
          .text(event.kind), .integer(event.id), .text(event.run.rawValue), .text(event.data),
          .integer(Store.now()), number, .integer(mostPending),
        ])
    }
  }

  /// Notes a call that a client asks for.
  public func insert(
    _ webhook: WebhookID, message: String, type: String, payload: String
  ) async throws -> DeliveryRecord {
    try await store.write { connection in
      try connection.execute(
        """
        INSERT INTO delivery (webhook, message, type, payload, due_at, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?5)
        """,
        [
          .text(webhook.rawValue), .text(message), .text(type), .text(payload),
          .integer(Store.now()),
        ])
      return try Self.get(connection.lastInsertedID, of: webhook, connection)
    }
  }

  private static func get(
    _ id: Int64, of webhook: WebhookID, _ connection: SQLiteConnection
  ) throws -> DeliveryRecord {
    let found = try connection.first(
      "SELECT \(columns) FROM delivery WHERE id = ? AND webhook = ?",
      [.integer(id), .text(webhook.rawValue)]
    ) { row in record(row) }
    guard let found else { throw StoreError(.notFound, "there is no delivery \(id)") }
    return found
  }

  /// The oldest calls that are due, one of each webhook but those named.
  ///
  /// - Parameter now: milliseconds since 1970.
  public func due(
    at now: Int, but busy: Set<WebhookID>, limit: Int
  ) async throws -> [(delivery: DeliveryRecord, webhook: WebhookRecord)] {
    let named = busy.map { SQLiteValue.text($0.rawValue) }
    let places = Array(repeating: "?", count: named.count).joined(separator: ", ")
    return try await store.read { connection in
      let rows = try connection.query(
        """
        SELECT \(Self.columns) FROM delivery WHERE id IN (
          SELECT min(id) FROM delivery WHERE state = 'pending' AND due_at <= ?
          AND webhook NOT IN (\(places)) GROUP BY webhook)
        ORDER BY due_at LIMIT ?
        """, [.integer(now)] + named + [.integer(limit)]
      ) { row in Self.record(row) }
      return try rows.compactMap { delivery in
        try connection.first(
          "SELECT \(WebhookRepository.columns) FROM webhook WHERE id = ?",
          [.text(delivery.webhook.rawValue)]
        ) { row in (delivery, WebhookRepository.record(row)) }
      }
    }
  }

  /// Keeps what became of an attempt.
  public func update(_ delivery: DeliveryRecord) async throws {
    try await store.write { connection in
      try connection.execute(
        """
        UPDATE delivery SET state = ?, attempts = ?, due_at = ?, status = ?, error = ?, ended_at = ?
        WHERE id = ? AND state = 'pending'
        """,
        [
          .text(delivery.state.rawValue), .integer(delivery.attempts), .integer(delivery.dueAt),
          .optional(delivery.status), .optional(delivery.error), .optional(delivery.endedAt),
          .integer(delivery.id),
        ])
    }
  }

  /// Has a call made again, now.
  ///
  /// - Throws: `StoreError.notFound`.
  public func `repeat`(_ id: Int64, of webhook: WebhookID) async throws -> DeliveryRecord {
    try await store.write { connection in
      try connection.execute(
        """
        UPDATE delivery SET state = 'pending', attempts = 0, due_at = ?, ended_at = NULL
        WHERE id = ? AND webhook = ?
        """, [.integer(Store.now()), .integer(id), .text(webhook.rawValue)])
      return try Self.get(id, of: webhook, connection)
    }
  }

  /// Newest first, those before an id.
  public func list(
    of webhook: WebhookID, state: DeliveryRecord.State?, limit: Int, before id: Int64? = nil
  ) async throws -> [DeliveryRecord] {
    try await store.read { connection in
      try connection.query(
        """
        SELECT \(Self.columns) FROM delivery
        WHERE webhook = ?1 AND id < ?2 AND (?3 IS NULL OR state = ?3) ORDER BY id DESC LIMIT ?4
        """,
        [
          .text(webhook.rawValue), .integer(id ?? .max), .optional(state?.rawValue),
          .integer(limit),
        ]
      ) { row in Self.record(row) }
    }
  }

  /// Lets go of calls that ended before a time, some in one short transaction.
  ///
  /// - Returns: whether none is left.
  public func dropSlice(endedBefore time: Int) async throws -> Bool {
    try await store.dropAged(from: "delivery", by: "ended_at", before: time)
  }
}
