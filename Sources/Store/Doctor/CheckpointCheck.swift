import Digests
import SQLite

/// Whether checkpoints are whole: every chunk there, and the digest that of the bytes.
enum CheckpointCheck {
  static let check = StoreCheck(name: "checkpoints") { examination in
    let connection = examination.connection
    let parts = try connection.query(
      """
      SELECT checkpoint_part.id, run.id, kind, checkpoint.step, part, size_bytes, sha256
      FROM checkpoint_part JOIN checkpoint ON checkpoint.id = checkpoint_part.checkpoint
      JOIN run ON run.number = checkpoint.run
      WHERE \(Removal.isThere) AND part NOT LIKE 'staged %' ORDER BY checkpoint_part.id
      """
    ) { row in
      Part(
        id: row.int64(0), run: row.text(1), kind: row.text(2), step: row.integer(3),
        name: row.text(4), sizeBytes: row.integer(5), sha256: row.text(6))
    }
    var faults: [StoreFault] = []
    for part in parts {
      guard let fault = try fault(of: part, connection), try isThere(part, connection) else {
        continue
      }
      faults.append(
        StoreFault(
          "run \(part.run), checkpoint \(part.kind) of step \(part.step)",
          "its \(part.name) \(fault)", remedy: StoreFault.restoring))
    }
    return try faults + empty(connection)
  }

  private struct Part {
    let id: Int64
    let run: String
    let kind: String
    let step: Int
    let name: String
    let sizeBytes: Int
    let sha256: String
  }

  private static func fault(of part: Part, _ connection: SQLiteConnection) throws -> String? {
    let hash = SHA256()
    var size = 0
    var positions: [Int] = []
    _ = try connection.query(
      "SELECT position, data FROM checkpoint_chunk WHERE part = ? ORDER BY position",
      [.integer(part.id)]
    ) { row in
      let data = row.blob(1)
      hash.update(data)
      size += data.count
      positions.append(row.integer(0))
    }
    if let gap = positions.enumerated().first(where: { $0.offset != $0.element })?.offset {
      return "lacks chunk \(gap)"
    }
    if size != part.sizeBytes { return "has \(size) bytes, not \(part.sizeBytes)" }
    return hash.digest().hexadecimal == part.sha256 ? nil : "hasn't the SHA-256 \(part.sha256)"
  }

  /// Whether it wasn't deleted meanwhile, beside a server.
  private static func isThere(_ part: Part, _ connection: SQLiteConnection) throws -> Bool {
    try connection.first("SELECT 1 FROM checkpoint_part WHERE id = ?", [.integer(part.id)]) { _ in
      true
    } ?? false
  }

  private static func empty(_ connection: SQLiteConnection) throws -> [StoreFault] {
    try connection.query(
      """
      SELECT checkpoint.id, run.id, kind, checkpoint.step
      FROM checkpoint JOIN run ON run.number = checkpoint.run
      WHERE \(Removal.isThere)
        AND NOT EXISTS (SELECT 1 FROM checkpoint_part WHERE checkpoint = checkpoint.id)
      """
    ) { row in
      StoreFault(
        "run \(row.text(1)), checkpoint \(row.text(2)) of step \(row.integer(3))",
        "holds nothing", remedy: "remove it", repair: .removeCheckpoint(row.int64(0)))
    }
  }
}
