import SQLite

/// Bytes that lie in rows of one table, as many in each but the last.
struct Chunks {
  /// Asks for `data` of the rows of one owner, in their order, from a first `position` to a last.
  let query: String
  let owner: SQLiteValue
  /// Bytes of a row.
  let size: Int

  /// A stretch of the bytes; `nil` when rows of it are missing.
  ///
  /// - Precondition: the range isn't empty.
  func read(_ range: Range<Int>, _ connection: SQLiteConnection) throws -> [UInt8]? {
    let first = range.lowerBound / size
    let last = (range.upperBound - 1) / size
    let rows = try connection.query(query, [owner, .integer(first), .integer(last)]) { row in
      row.blob(0)
    }
    let bytes = Self.joined(rows)
    let start = range.lowerBound - first * size
    guard start + range.count <= bytes.count else { return nil }
    return Array(bytes[start..<start + range.count])
  }

  static func joined(_ chunks: [[UInt8]]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(chunks.reduce(0) { $0 + $1.count })
    for chunk in chunks { bytes.append(contentsOf: chunk) }
    return bytes
  }
}
