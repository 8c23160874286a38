import SQLite

/// The thinning of a run's histograms, which goes on where it stood.
///
/// Of each quantity of each parameter every tenth stays, and the last. Which place one had among them can't be told any more
/// once some are gone: so the store remembers where it stands.
struct HistogramThinning {
  /// One in so many stays.
  private static let kept = 10

  private struct Place {
    let quantity: String
    let layer: String
    let parameter: String
    let step: Int

    init(_ row: SQLiteRow) {
      quantity = row.text(0)
      layer = row.text(1)
      parameter = row.text(2)
      step = row.integer(3)
    }

    var values: [SQLiteValue] {
      [.text(quantity), .text(layer), .text(parameter), .integer(step)]
    }

    func isBeside(_ other: Place?) -> Bool {
      quantity == other?.quantity && layer == other?.layer && parameter == other?.parameter
    }
  }

  private let run: SQLiteValue
  private var last: Place
  /// Of the last one, among those of its parameter.
  private var position: Int

  /// - Throws: `StoreError.notFound` for a run that isn't being thinned.
  init(_ run: SQLiteValue, _ connection: SQLiteConnection) throws {
    let found = try connection.first(
      "SELECT quantity, layer, parameter, step, place FROM thinning WHERE run = ?", [run]
    ) { row in (Place(row), row.integer(4)) }
    guard let found else { throw StoreError(.notFound, "this run isn't being thinned") }
    self.run = run
    (last, position) = found
  }

  /// Goes on for as long as a slice lasts.
  ///
  /// - Returns: whether none are left to look at.
  mutating func deleteSome(
    within slice: inout Slice, _ connection: SQLiteConnection
  ) throws -> Bool {
    if slice.isUsedUp { return false }
    let next = try connection.query(
      """
      SELECT quantity, layer, parameter, step FROM histogram
      WHERE run = ?1 AND (quantity, layer, parameter, step) > (?2, ?3, ?4, ?5)
      ORDER BY quantity, layer, parameter, step LIMIT ?6
      """, [run] + last.values + [.integer(slice.rows + 1)]
    ) { row in Place(row) }
    for (index, place) in next.enumerated() {
      guard slice.takes() else {
        try connection.execute(
          """
          UPDATE thinning SET quantity = ?2, layer = ?3, parameter = ?4, step = ?5, place = ?6
          WHERE run = ?1
          """, [run] + last.values + [.integer(position)])
        return false
      }
      position = place.isBeside(last) ? position + 1 : 1
      last = place
      let isLast = index + 1 == next.count || !place.isBeside(next[index + 1])
      guard position % Self.kept != 1, !isLast else { continue }
      try connection.execute(
        """
        DELETE FROM histogram
        WHERE run = ? AND quantity = ? AND layer = ? AND parameter = ? AND step = ?
        """, [run] + place.values)
    }
    return true
  }
}
