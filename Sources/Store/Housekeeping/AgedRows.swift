import SQLite

extension Store {
  /// Rows that are let go of at once when they are too old.
  static let agedSlice = 1_000

  /// Lets go of a table's rows from before a time, some in one short transaction.
  ///
  /// - Parameters:
  ///   - column: has their time, by which it is indexed.
  ///   - time: milliseconds since 1970.
  /// - Returns: whether none is left.
  func dropAged(from table: String, by column: String, before time: Int) async throws -> Bool {
    try await writeUnsynced { connection in
      try connection.execute(
        """
        DELETE FROM \(table) WHERE id IN (
          SELECT id FROM \(table) WHERE \(column) < ? ORDER BY \(column) LIMIT ?)
        """, [.integer(time), .integer(Store.agedSlice)])
      return connection.changes < Store.agedSlice
    }
  }
}
