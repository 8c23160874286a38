import Digests
import SQLite

/// Files of weights that clients brought: a row each, and BLOBs of 4 MiB.
///
/// The chunks go ahead in transactions of their own, so that other writers wait for one chunk at most; the row comes last, and
/// with it the file is there whole. A file that is removed goes the other way: first its row, then chunk by chunk.
public struct WeightsRepository: Sendable {
  let store: Store

  /// What one row holds at most.
  static let chunkBytes = CheckpointRepository.chunkBytes

  private static let columns =
    "id, name, format, description, size_bytes, sha256, created_at"

  private static func record(_ row: SQLiteRow) -> WeightsRecord {
    WeightsRecord(
      id: WeightsID(trusted: row.text(0)), name: row.text(1), format: row.text(2),
      description: row.text(3), sizeBytes: row.integer(4), sha256: row.text(5),
      createdAt: row.integer(6))
  }

  /// Keeps a file.
  ///
  /// - Parameters:
  ///   - uploads: what it was made of, which is forgotten with it.
  ///   - read: a stretch of it, at most so many bytes from an offset.
  public func insert(
    _ record: WeightsRecord, of uploads: [UploadID] = [],
    read: @Sendable (_ offset: Int, _ count: Int) throws -> [UInt8]
  ) async throws {
    let (key, owner) = (RequestKey.current, Caller.owner)
    do {
      for (position, offset) in stride(from: 0, to: record.sizeBytes, by: Self.chunkBytes)
        .enumerated()
      {
        let chunk = try read(offset, min(Self.chunkBytes, record.sizeBytes - offset))
        try await store.writeUnsynced { connection in
          try connection.execute(
            "INSERT INTO weights_chunk (weights, position, data) VALUES (?, ?, ?)",
            [.text(record.id.rawValue), .integer(position), .blob(chunk)])
        }
      }
      try await store.write { connection in
        try UploadRepository.delete(uploads, connection)
        try KeyRepository.checkRoom(for: record.sizeBytes, of: owner, connection)
        try AnswerRepository.note(record.id, under: key, connection)
        try connection.execute(
          """
          INSERT INTO weights_file (\(Self.columns), project, key)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
          [
            .text(record.id.rawValue), .text(record.name), .text(record.format),
            .text(record.description), .integer(record.sizeBytes), .text(record.sha256),
            .integer(record.createdAt),
          ] + owner.values)
      }
    } catch {
      try? await removeChunks(of: record.id)
      throw error
    }
  }

  public func get(_ id: WeightsID) async throws -> WeightsRecord? {
    let scope = Caller.scope
    return try await store.read { connection in
      try connection.first(
        "SELECT \(Self.columns) FROM weights_file WHERE id = ?\(scope.condition)",
        [.text(id.rawValue)] + scope.values
      ) { row in Self.record(row) }
    }
  }

  /// Newest first, those older than `before`.
  public func list(limit: Int, before: WeightsID? = nil) async throws -> [WeightsRecord] {
    let scope = Caller.scope
    return try await store.read { connection in
      try connection.query(
        """
        SELECT \(Self.columns) FROM weights_file WHERE id < ?\(scope.condition)
        ORDER BY id DESC LIMIT ?
        """,
        [.text(before?.rawValue ?? "~")] + scope.values + [.integer(limit)]
      ) { row in Self.record(row) }
    }
  }

  /// A stretch of a file.
  ///
  /// - Throws: `StoreError.notFound` when it was deleted meanwhile.
  public func read(_ file: WeightsRecord, offset: Int, count: Int) async throws -> [UInt8] {
    let range = offset..<min(offset + count, file.sizeBytes)
    guard !range.isEmpty else { return [] }
    let chunks = Chunks(
      query: """
        SELECT data FROM weights_chunk WHERE weights = ? AND position BETWEEN ? AND ?
        ORDER BY position
        """, owner: .text(file.id.rawValue), size: Self.chunkBytes)
    return try await store.read { connection in
      guard let bytes = try chunks.read(range, connection) else {
        throw StoreError(.notFound, "the file of weights was deleted meanwhile")
      }
      return bytes
    }
  }

  /// The whole file, with its digest checked.
  public func contents(_ file: WeightsRecord) async throws -> [UInt8] {
    let bytes = try await read(file, offset: 0, count: file.sizeBytes)
    guard SHA256.digest(of: bytes).hexadecimal == file.sha256 else {
      throw StoreError(.corrupt, "the weights \(file.id) are damaged")
    }
    return bytes
  }

  /// Deletes a file. Runs have copies of what they begin with.
  ///
  /// - Throws: `StoreError.notFound`.
  public func delete(_ id: WeightsID) async throws {
    try await store.writeFromReserve { connection in
      try connection.execute("DELETE FROM weights_file WHERE id = ?", [.text(id.rawValue)])
      if connection.changes == 0 { throw StoreError(.notFound, "there are no weights \(id)") }
    }
    // What can't be removed now goes when the store is opened again.
    try? await removeChunks(of: id)
  }

  private func removeChunks(of id: WeightsID) async throws {
    var isDone = false
    while !isDone {
      isDone = try await store.writeUnsyncedFromReserve { connection in
        try connection.execute(
          """
          DELETE FROM weights_chunk WHERE weights = ?1 AND position IN (
            SELECT position FROM weights_chunk WHERE weights = ?1 LIMIT 1)
          """, [.text(id.rawValue)])
        return connection.changes == 0
      }
    }
  }

  /// Removes chunks that no row names.
  static func sweep(_ connection: SQLiteConnection) throws {
    try connection.execute(
      "DELETE FROM weights_chunk WHERE weights NOT IN (SELECT id FROM weights_file)")
  }
}
