import Digests
import SQLite

/// A checkpoint on its way into the store.
///
/// The chunks of a large one go ahead in transactions of their own, none of which waits for the disk, so that other writers
/// wait for one chunk at most. The transaction of the history up to its step makes a checkpoint of them. Until then they
/// belong to parts named `staged …`, which nobody reads, and which go when the run is no longer running.
struct StagedCheckpoint {
  private struct Part {
    let name: String
    /// `nil` while no chunk of it went ahead.
    var row: Int64?
    var size = 0
    var digest = ""
    /// Of the last chunk, which comes with the transaction that ends it.
    var position = 0
    var lastChunk: [UInt8] = []
  }

  private let checkpoint: NewCheckpoint
  private var parts: [Part] = []
  /// `nil` while no chunk went ahead.
  private var row: Int64?

  /// Has the chunks go ahead.
  ///
  /// - Throws: `StoreError.conflict` when the run is no longer this attempt's to write.
  init(
    _ checkpoint: NewCheckpoint, of run: RunID, attempt: Int, _ store: Store
  ) throws {
    self.checkpoint = checkpoint
    let contents = [("weights", checkpoint.weights as FileContent?), ("state", checkpoint.state)]
    for case (let name, let content?) in contents {
      var part = Part(name: name)
      let hash = SHA256()
      try content.write { stretch in
        hash.update(stretch)
        part.size += stretch.count
        var rest = stretch
        while !rest.isEmpty {
          if part.lastChunk.count == CheckpointRepository.chunkBytes {
            try send(&part, run, attempt, store)
          }
          let count = min(rest.count, CheckpointRepository.chunkBytes - part.lastChunk.count)
          part.lastChunk.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest.prefix(count)))
          rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
      }
      part.digest = hash.digest().hexadecimal
      parts.append(part)
    }
  }

  private mutating func send(_ part: inout Part, _ run: RunID, _ attempt: Int, _ store: Store)
    throws
  {
    let (owner, checkpoint, sent) = (row, checkpoint, part)
    (row, part.row) = try store.writeUnsynced { connection in
      let number = try RunHistory.number(of: run, attempt, connection)
      let owner = try owner ?? checkpoint.insertRow(number, connection)
      let id = try sent.row ?? Self.insertPart("staged \(sent.name)", 0, "", owner, connection)
      try Self.insertChunk(sent.lastChunk, id, at: sent.position, connection)
      return (owner, id)
    }
    part.position += 1
    part.lastChunk.removeAll(keepingCapacity: true)
  }

  /// Makes it a checkpoint of the run, and lets go of those that it takes the place of.
  func commit(_ run: SQLiteValue, _ connection: SQLiteConnection) throws {
    try connection.execute(
      "DELETE FROM checkpoint WHERE run = ? AND kind = ? AND step = ? AND id IS NOT ?",
      [run, .text(checkpoint.kind), .integer(checkpoint.step), row.map { .integer($0) } ?? .null])
    let owner = try row ?? checkpoint.insertRow(run, connection)
    for part in parts {
      let id: Int64
      if let row = part.row {
        id = row
        try connection.execute(
          "UPDATE checkpoint_part SET part = ?, size_bytes = ?, sha256 = ? WHERE id = ?",
          [.text(part.name), .integer(part.size), .text(part.digest), .integer(row)])
      } else {
        id = try Self.insertPart(part.name, part.size, part.digest, owner, connection)
      }
      if !part.lastChunk.isEmpty {
        try Self.insertChunk(part.lastChunk, id, at: part.position, connection)
      }
    }
    try connection.execute(
      """
      DELETE FROM checkpoint WHERE run = ?1 AND kind = ?2 AND id NOT IN (
        SELECT id FROM checkpoint WHERE run = ?1 AND kind = ?2 ORDER BY step DESC, id DESC LIMIT ?3)
      """, [run, .text(checkpoint.kind), .integer(checkpoint.keep)])
  }

  /// Removes what an attempt left that came to no end.
  static func removeAll(of run: SQLiteValue, _ connection: SQLiteConnection) throws {
    try connection.execute(
      """
      DELETE FROM checkpoint WHERE run = ?1 AND id IN (
        SELECT checkpoint FROM checkpoint_part JOIN checkpoint ON checkpoint.id = checkpoint
        WHERE run = ?1 AND part IN ('staged weights', 'staged state'))
      """, [run])
  }

  static func insertPart(
    _ name: String, _ size: Int, _ digest: String, _ checkpoint: Int64,
    _ connection: SQLiteConnection
  ) throws -> Int64 {
    try connection.execute(
      "INSERT INTO checkpoint_part (checkpoint, part, size_bytes, sha256) VALUES (?, ?, ?, ?)",
      [.integer(checkpoint), .text(name), .integer(size), .text(digest)])
    return connection.lastInsertedID
  }

  static func insertChunk(
    _ bytes: [UInt8], _ part: Int64, at position: Int, _ connection: SQLiteConnection
  ) throws {
    try connection.execute(
      "INSERT INTO checkpoint_chunk (part, position, data) VALUES (?, ?, ?)",
      [.integer(part), .integer(position), .blob(bytes)])
  }
}

extension NewCheckpoint {
  fileprivate func insertRow(
    _ run: SQLiteValue, _ connection: SQLiteConnection
  ) throws -> Int64 {
    try connection.execute(
      "INSERT INTO checkpoint (run, kind, step, epoch, metric, created_at) VALUES (?, ?, ?, ?, ?, ?)",
      [
        run, .text(kind), .integer(step), .integer(epoch), .optional(metric),
        .integer(Store.now()),
      ])
    return connection.lastInsertedID
  }
}
