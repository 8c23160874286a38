import SQLite

/// The splits' rows.
public struct SplitRepository: Sendable {
  let store: Store

  private static let columns = "id, name, dataset, recipe, counts, size_bytes, created_at"
  /// A page's rows lack the lists of examples, which may be long.
  private static let shown = columns.replacing("recipe", with: "json_remove(recipe, '$.indices')")

  private static func record(_ row: SQLiteRow) -> SplitRecord {
    SplitRecord(
      id: SplitID(trusted: row.text(0)), name: row.optionalText(1),
      dataset: DatasetID(trusted: row.text(2)), recipe: row.text(3), counts: row.text(4),
      sizeBytes: row.integer(5), createdAt: row.integer(6))
  }

  /// - Parameter limit: how many splits a dataset may have.
  /// - Throws: `StoreError.conflict` when it has as many; `.notFound` when it is gone; `.quota`.
  public func insert(_ record: SplitRecord, limit: Int) async throws {
    let (key, owner) = (RequestKey.current, Caller.owner)
    try await store.write { connection in
      guard try DatasetRepository.get(record.dataset, connection) != nil else {
        throw StoreError(.notFound, "there is no dataset \(record.dataset)")
      }
      let count = try connection.first(
        "SELECT count(*) FROM split WHERE dataset = ?", [.text(record.dataset.rawValue)]
      ) { row in row.integer(0) }
      guard let count, count < limit else {
        throw StoreError(
          .conflict, "dataset \(record.dataset) has \(limit) splits, as many as may be; delete one")
      }
      try KeyRepository.checkRoom(for: record.sizeBytes, of: owner, connection)
      try AnswerRepository.note(record.id, under: key, connection)
      try connection.execute(
        "INSERT INTO split (\(Self.columns), project, key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
          .text(record.id.rawValue), .optional(record.name), .text(record.dataset.rawValue),
          .text(record.recipe), .text(record.counts),
          .integer(record.sizeBytes), .integer(record.createdAt),
        ] + owner.values)
    }
  }

  public func get(_ id: SplitID) async throws -> SplitRecord? {
    let scope = Caller.scope
    return try await store.read { try Self.get(id, in: scope, $0) }
  }

  /// For a training lane, which may wait.
  public func getAndWait(_ id: SplitID) throws -> SplitRecord? {
    try store.readAndWait { try Self.get(id, in: Caller.Scope(project: nil), $0) }
  }

  private static func get(
    _ id: SplitID, in scope: Caller.Scope, _ connection: SQLiteConnection
  ) throws -> SplitRecord? {
    try connection.first(
      "SELECT \(columns) FROM split WHERE id = ?\(scope.condition)",
      [.text(id.rawValue)] + scope.values
    ) { row in record(row) }
  }

  /// Newest first, those older than `before`, without the lists of examples that their recipes may have.
  ///
  /// - Parameter dataset: whose; `nil` for those of all.
  public func list(
    of dataset: DatasetID?, limit: Int, before: SplitID? = nil
  ) async throws -> [SplitRecord] {
    let scope = Caller.scope
    return try await store.read { connection in
      try connection.query(
        """
        SELECT \(Self.shown) FROM split
        WHERE id < ?\(dataset == nil ? "" : " AND dataset = ?")\(scope.condition) ORDER BY id DESC LIMIT ?
        """,
        [.text(before?.rawValue ?? "~")] + (dataset.map { [.text($0.rawValue)] } ?? [])
          + scope.values + [.integer(limit)]
      ) { row in Self.record(row) }
    }
  }

  /// Whether some split makes the same parts of the same upload.
  public func isKept(_ recipe: String, content: String) async throws -> Bool {
    try await store.read { connection in
      try connection.first(
        """
        SELECT 1 FROM split JOIN dataset ON dataset.id = split.dataset
        WHERE split.recipe = ? AND dataset.content = ? LIMIT 1
        """, [.text(recipe), .text(content)]
      ) { _ in true } ?? false
    }
  }

  /// Deletes a split that no run needs any more.
  ///
  /// - Throws: `StoreError.notFound`, or `conflict` while a run that isn't over uses it.
  public func delete(_ id: SplitID) async throws {
    try await store.writeFromReserve { connection in
      let user = try connection.first(
        """
        SELECT id FROM run WHERE state IN ('queued', 'running', 'paused')
          AND json_extract(request, '$.dataset.split') = ? LIMIT 1
        """, [.text(id.rawValue)]
      ) { row in row.text(0) }
      if let user {
        throw StoreError(
          .conflict,
          "split \(id) is used by \(user), which isn't over; cancel the run or wait for its end")
      }
      try connection.execute("DELETE FROM split WHERE id = ?", [.text(id.rawValue)])
      guard connection.changes > 0 else { throw StoreError(.notFound, "there is no split \(id)") }
    }
  }
}
