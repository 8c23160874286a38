import Digests
import SQLite

/// A checkpoint that is about to be stored.
public struct NewCheckpoint: Sendable {
  /// `initial`, `best`, `periodic` or `latest`.
  public let kind: String
  public let step: Int
  public let epoch: Int
  /// What made it the best, as a JSON object.
  public let metric: String?
  /// The weights as a safetensors file.
  public let weights: FileContent
  /// What a run continues from beside the weights; `nil` when this is for reading only.
  public let state: FileContent?
  /// How many of this kind stay; older ones go.
  public let keep: Int

  public init(
    kind: String, step: Int, epoch: Int, metric: String?, weights: FileContent,
    state: FileContent?, keep: Int
  ) {
    self.kind = kind
    self.step = step
    self.epoch = epoch
    self.metric = metric
    self.weights = weights
    self.state = state
    self.keep = keep
  }
}

/// A checkpoint as it is stored, without its bytes.
public struct CheckpointSummary: Hashable, Sendable {
  public let kind: String
  public let step: Int
  public let epoch: Int
  public let metric: String?
  public let createdAt: Int
  public let sizeBytes: Int
  /// Of the weights file.
  public let sha256: String
  let weightsPart: Int64
}

/// Weights and what a run continues from: BLOBs cut into rows of 4 MiB.
public struct CheckpointRepository: Sendable {
  let store: Store

  /// What one row holds at most.
  static let chunkBytes = 4 << 20

  /// Keeps what a run is to begin with until it has begun: its own `initial` checkpoint then takes the place.
  ///
  /// The part `given` is in no list of checkpoints, since it need not be the whole of the weights.
  static func insert(
    given weights: [UInt8], _ run: SQLiteValue, _ connection: SQLiteConnection
  ) throws {
    try connection.execute(
      """
      INSERT INTO checkpoint (run, kind, step, epoch, metric, created_at)
      VALUES (?, 'initial', 0, 0, NULL, ?)
      """, [run, .integer(Store.now())])
    let part = try StagedCheckpoint.insertPart(
      "given", weights.count, SHA256.digest(of: weights).hexadecimal, connection.lastInsertedID,
      connection)
    for (position, start) in stride(from: 0, to: weights.count, by: chunkBytes).enumerated() {
      let chunk = Array(weights[start..<min(start + chunkBytes, weights.count)])
      try StagedCheckpoint.insertChunk(chunk, part, at: position, connection)
    }
  }

  /// A run's checkpoints, newest first.
  public func list(_ run: RunID) async throws -> [CheckpointSummary] {
    try await store.read { connection in
      try Self.summaries(connection, run, "ORDER BY checkpoint.step DESC, checkpoint.id DESC", [])
    }
  }

  /// The checkpoint of a kind, or any that was taken after a step; the newest if there are several.
  public func find(_ run: RunID, kind: String) async throws -> CheckpointSummary? {
    try await store.read { connection in
      try Self.summaries(
        connection, run, "AND kind = ? ORDER BY checkpoint.step DESC, checkpoint.id DESC LIMIT 1",
        [.text(kind)]
      ).first
    }
  }

  /// The newest checkpoint taken after a step, of any kind.
  public func find(_ run: RunID, step: Int) async throws -> CheckpointSummary? {
    try await store.read { connection in
      try Self.summaries(
        connection, run, "AND step = ? ORDER BY checkpoint.id DESC LIMIT 1", [.integer(step)]
      ).first
    }
  }

  /// The newest weights there are: `latest`, else the newest periodic ones.
  public func newest(_ run: RunID) async throws -> CheckpointSummary? {
    try await store.read { connection in
      try Self.summaries(
        connection, run,
        "AND kind IN ('latest', 'periodic') ORDER BY checkpoint.step DESC, checkpoint.id DESC LIMIT 1",
        []
      ).first
    }
  }

  private static func summaries(
    _ connection: SQLiteConnection, _ run: RunID, _ clause: String, _ values: [SQLiteValue]
  ) throws -> [CheckpointSummary] {
    try connection.query(
      """
      SELECT kind, step, epoch, metric, created_at, size_bytes, sha256, checkpoint_part.id
      FROM checkpoint JOIN checkpoint_part ON checkpoint_part.checkpoint = checkpoint.id
      WHERE part = 'weights' AND run = (SELECT number FROM run WHERE id = ?) \(clause)
      """, [.text(run.rawValue)] + values
    ) { row in
      CheckpointSummary(
        kind: row.text(0), step: row.integer(1), epoch: row.integer(2),
        metric: row.optionalText(3), createdAt: row.integer(4), sizeBytes: row.integer(5),
        sha256: row.text(6), weightsPart: row.int64(7))
    }
  }

  /// A stretch of a checkpoint's weights file.
  ///
  /// - Throws: `StoreError.notFound` when it was deleted meanwhile.
  public func read(
    _ checkpoint: CheckpointSummary, offset: Int, count: Int
  ) async throws -> [UInt8] {
    let range = offset..<min(offset + count, checkpoint.sizeBytes)
    guard !range.isEmpty else { return [] }
    let chunks = Chunks(
      query: """
        SELECT data FROM checkpoint_chunk WHERE part = ? AND position BETWEEN ? AND ?
        ORDER BY position
        """, owner: .integer(checkpoint.weightsPart), size: Self.chunkBytes)
    return try await store.read { connection in
      guard let bytes = try chunks.read(range, connection) else {
        throw StoreError(.notFound, "the checkpoint was deleted meanwhile")
      }
      return bytes
    }
  }

  /// The whole weights file, with its digest checked.
  public func weights(_ checkpoint: CheckpointSummary) async throws -> [UInt8] {
    let bytes = try await read(checkpoint, offset: 0, count: checkpoint.sizeBytes)
    guard SHA256.digest(of: bytes).hexadecimal == checkpoint.sha256 else {
      throw StoreError(.corrupt, "the weights of step \(checkpoint.step) are damaged")
    }
    return bytes
  }

  /// What a run continues from: the newest state and weights whose digests are right.
  public func newestState(_ run: RunID) throws -> (state: [UInt8], weights: [UInt8])? {
    try store.readAndWait { connection in
      let parts = try connection.query(
        """
        SELECT state.id, state.sha256, weights.id, weights.sha256 FROM checkpoint
        JOIN checkpoint_part AS state ON state.checkpoint = checkpoint.id AND state.part = 'state'
        JOIN checkpoint_part AS weights
          ON weights.checkpoint = checkpoint.id AND weights.part = 'weights'
        WHERE run = (SELECT number FROM run WHERE id = ?) AND kind IN ('periodic', 'latest')
        ORDER BY step DESC, checkpoint.id DESC
        """, [.text(run.rawValue)]
      ) { row in (state: (row.int64(0), row.text(1)), weights: (row.int64(2), row.text(3))) }
      for part in parts {
        if let state = try Self.bytes(part.state, connection),
          let weights = try Self.bytes(part.weights, connection)
        {
          return (state, weights)
        }
      }
      return nil
    }
  }

  /// The newest weights file whose digest is right, for a training lane, which may wait.
  public func newestWeights(_ run: RunID) throws -> [UInt8]? {
    try newest("weights", of: run, kinds: "'periodic', 'latest'")
  }

  /// What a run begins with in place of what its initializers draw: what was kept when it was queued, or once
  /// it has begun its `initial` checkpoint. For a training lane, which may wait.
  public func givenWeights(_ run: RunID) throws -> [UInt8]? {
    if let given = try newest("given", of: run, kinds: "'initial'") { return given }
    return try newest("weights", of: run, kinds: "'initial'")
  }

  private func newest(_ part: String, of run: RunID, kinds: String) throws -> [UInt8]? {
    try store.readAndWait { connection in
      let parts = try connection.query(
        """
        SELECT checkpoint_part.id, sha256
        FROM checkpoint JOIN checkpoint_part ON checkpoint_part.checkpoint = checkpoint.id
        WHERE part = ? AND run = (SELECT number FROM run WHERE id = ?) AND kind IN (\(kinds))
        ORDER BY step DESC, checkpoint.id DESC
        """, [.text(part), .text(run.rawValue)]
      ) { row in (row.int64(0), row.text(1)) }
      for part in parts {
        if let bytes = try Self.bytes(part, connection) { return bytes }
      }
      return nil
    }
  }

  /// A part's file; `nil` when its digest isn't right.
  private static func bytes(
    _ part: (id: Int64, digest: String), _ connection: SQLiteConnection
  ) throws -> [UInt8]? {
    let chunks = try connection.query(
      "SELECT data FROM checkpoint_chunk WHERE part = ? ORDER BY position", [.integer(part.id)]
    ) { row in row.blob(0) }
    let bytes = Chunks.joined(chunks)
    return SHA256.digest(of: bytes).hexadecimal == part.digest ? bytes : nil
  }
}
