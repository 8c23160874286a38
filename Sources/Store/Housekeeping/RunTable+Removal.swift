import SQLite

/// How the rows of a run are deleted some at a time.
extension RunTable {
  /// Deletes as many rows as a slice takes, in the order of their key.
  ///
  /// - Returns: whether none are left.
  func delete(
    of run: SQLiteValue, within slice: inout Slice, _ connection: SQLiteConnection
  ) throws -> Bool {
    let key = key.joined(separator: ", ")
    var count = 0
    var isLast = true
    try connection.forEach(
      "SELECT \(bytes) FROM \(name) WHERE \(condition) ORDER BY \(key) LIMIT ?2",
      [run, .integer(slice.rows + 1)]
    ) { row in
      guard slice.takes(bytes: row.integer(0)) else {
        isLast = false
        return false
      }
      count += 1
      return true
    }
    if count > 0 {
      try connection.execute(
        """
        DELETE FROM \(name) WHERE \(condition) AND (\(key)) IN (
          SELECT \(key) FROM \(name) WHERE \(condition) ORDER BY \(key) LIMIT ?2)
        """, [run, .integer(count)])
    }
    return isLast
  }
}
