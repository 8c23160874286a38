import SQLite

/// Rows of a table that belong to a run, deleted some at a time.
struct OwnedRows {
  let table: String
  /// What tells the run's rows apart, separated by commas.
  let key: String
  /// How large a row is, as SQL.
  var bytes = "0"
  /// Which rows are the run's; `?1` is its number.
  var condition = "run = ?1"

  /// Everything that can become much. What isn't named here goes with the run's own row.
  static let all = [
    OwnedRows(
      table: "checkpoint_chunk", key: "rowid", bytes: "length(data)",
      condition: """
        part IN (SELECT checkpoint_part.id FROM checkpoint
          JOIN checkpoint_part ON checkpoint_part.checkpoint = checkpoint.id WHERE run = ?1)
        """),
    OwnedRows(table: "checkpoint", key: "id"),
    OwnedRows(table: "block", key: "stream, level, first_step", bytes: "length(data)"),
    OwnedRows(
      table: "step", key: "step",
      bytes: ["gradients", "clipped", "updates", "nonfinite", "series"]
        .map { "coalesce(length(\($0)), 0)" }.joined(separator: " + ")),
    OwnedRows(
      table: "histogram", key: "quantity, layer, parameter, step", bytes: "length(data)"),
    OwnedRows(table: "activation", key: "layer, step", bytes: "length(data)"),
    OwnedRows(table: "point", key: "series, step"),
    OwnedRows(table: "event", key: "id", bytes: "length(data)"),
    OwnedRows(table: "log", key: "id", bytes: "length(message)"),
    OwnedRows(table: "finding", key: "key", bytes: "length(data)"),
    OwnedRows(table: "run_parameter", key: "position"),
  ]

  /// Deletes as many rows as a slice takes, in the order of their key.
  ///
  /// - Returns: whether none are left.
  func delete(
    of run: SQLiteValue, within slice: inout Slice, _ connection: SQLiteConnection
  ) throws -> Bool {
    var count = 0
    var isLast = true
    try connection.visit(
      "SELECT \(bytes) FROM \(table) WHERE \(condition) ORDER BY \(key) LIMIT ?2",
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
        DELETE FROM \(table) WHERE \(condition) AND (\(key)) IN (
          SELECT \(key) FROM \(table) WHERE \(condition) ORDER BY \(key) LIMIT ?2)
        """, [run, .integer(count)])
    }
    return isLast
  }
}
