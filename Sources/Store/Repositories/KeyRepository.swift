import SQLite

/// The keys' rows. They are few; whoever checks requests holds all of them in memory.
public struct KeyRepository: Sendable {
  let store: Store

  private static let columns = """
    id, name, project, scopes, secret_sha256, quotas, created_at, expires_at, last_used_at, \
    revoked_at
    """

  private static func record(_ row: SQLiteRow) -> KeyRecord {
    KeyRecord(
      id: KeyID(trusted: row.text(0)), name: row.text(1), project: row.text(2),
      scopes: row.text(3), secretSHA256: row.text(4), quotas: row.text(5),
      createdAt: row.integer(6), expiresAt: row.optionalInteger(7),
      lastUsedAt: row.optionalInteger(8), revokedAt: row.optionalInteger(9))
  }

  /// Every key there ever was, oldest first.
  public func all() async throws -> [KeyRecord] {
    try await store.read { connection in
      try connection.query("SELECT \(Self.columns) FROM api_key ORDER BY id") { row in
        Self.record(row)
      }
    }
  }

  public func insert(_ record: KeyRecord) async throws {
    try await store.write { connection in
      try connection.execute(
        "INSERT INTO api_key (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
          .text(record.id.rawValue), .text(record.name), .text(record.project),
          .text(record.scopes), .text(record.secretSHA256), .text(record.quotas),
          .integer(record.createdAt), .optional(record.expiresAt), .optional(record.lastUsedAt),
          .optional(record.revokedAt),
        ])
    }
  }

  /// Keeps what may change of a key: its name, quotas, end and revocation.
  ///
  /// - Throws: `StoreError.notFound`.
  public func update(_ record: KeyRecord) async throws {
    try await store.writeFromReserve { connection in
      try connection.execute(
        """
        UPDATE api_key SET name = ?, quotas = ?, expires_at = ?, revoked_at = ? WHERE id = ?
        """,
        [
          .text(record.name), .text(record.quotas), .optional(record.expiresAt),
          .optional(record.revokedAt), .text(record.id.rawValue),
        ])
      if connection.changes == 0 { throw StoreError(.notFound, "there is no key \(record.id)") }
    }
  }

  /// Notes when keys were last used; what a power cut loses of it is a minute.
  public func touch(_ uses: [KeyID: Int]) async throws {
    try await store.writeUnsynced { connection in
      for (id, time) in uses {
        try connection.execute(
          "UPDATE api_key SET last_used_at = ? WHERE id = ?",
          [.integer(time), .text(id.rawValue)])
      }
    }
  }

  /// Runs of a key that aren't over, by state, and the bytes that it keeps: of datasets, of files of weights, and of uploads under way.
  public func usage(of key: KeyID) async throws -> (runs: [RunState: Int], storedBytes: Int) {
    try await store.read { connection in
      let runs = try connection.query(
        """
        SELECT state, count(*) FROM run
        WHERE key = ? AND state IN ('queued', 'running', 'paused') GROUP BY state
        """, [.text(key.rawValue)]
      ) { row in (RunState(rawValue: row.text(0)), row.integer(1)) }
      let counts = runs.compactMap { state, count in state.map { ($0, count) } }
      return (
        Dictionary(uniqueKeysWithValues: counts), try Self.storedBytes(of: key, connection)
      )
    }
  }

  private static func storedBytes(
    of key: KeyID, _ connection: SQLiteConnection
  ) throws -> Int {
    try connection.first(
      """
      SELECT (SELECT coalesce(sum(size_bytes), 0) FROM dataset WHERE key = ?1)
        + (SELECT coalesce(sum(size_bytes), 0) FROM weights_file WHERE key = ?1)
        + (SELECT coalesce(sum(length), 0) FROM upload WHERE key = ?1)
        + (SELECT coalesce(sum(size_bytes), 0) FROM split WHERE key = ?1)
      """, [.text(key.rawValue)]
    ) { row in row.integer(0) } ?? 0
  }

  // MARK: - Quotas, in the transaction that uses them up

  /// - Throws: `StoreError.quota` when the key may keep no more bytes.
  public func checkRoom(for bytes: Int) async throws {
    let owner = Caller.owner
    guard owner.limits.storedBytes != nil else { return }
    try await store.read { try Self.checkRoom(for: bytes, of: owner, $0) }
  }

  static func checkRoom(
    for bytes: Int, of owner: Caller.Owner, _ connection: SQLiteConnection
  ) throws {
    guard let key = owner.key, let limit = owner.limits.storedBytes else { return }
    let used = try storedBytes(of: key, connection)
    guard bytes <= limit - used else {
      throw StoreError(
        .quota,
        "the key may keep \(limit) bytes (its quota stored_bytes) and keeps \(used); these are \(bytes) more"
      )
    }
  }

  static func checkQueue(of owner: Caller.Owner, _ connection: SQLiteConnection) throws {
    guard let key = owner.key, let limit = owner.limits.queuedRuns else { return }
    let queued = try connection.first(
      "SELECT count(*) FROM run WHERE key = ? AND state = 'queued'", [.text(key.rawValue)]
    ) { row in row.integer(0) }
    guard let queued, queued < limit else {
      throw StoreError(
        .quota,
        "\(queued ?? 0) runs of the key are queued, as many as its quota queued_runs allows; try again when some have begun"
      )
    }
  }
}
