import SQLite

/// What a slice of thinning did.
public struct Thinning: Hashable, Sendable {
  /// Runs that are done.
  public let runs: Int
  /// Whether none is left.
  public let isDone: Bool
}

extension RunHistory {
  /// Drops the finest level of the histories of runs that ended before a time, and nine of ten of their histograms.
  ///
  /// What is left shows the extremes of every 32 steps.
  ///
  /// - Parameter time: milliseconds since 1970.
  /// - Returns: how many runs were thinned.
  public func thin(endedBefore time: Int) async throws -> Int {
    var count = 0
    while true {
      let slice = try await thinSlice(endedBefore: time)
      count += slice.runs
      if slice.isDone { return count }
    }
  }

  /// The same for one short transaction: goes on with the run that is under way, or begins the next.
  ///
  /// - Parameter time: `nil` for those alone that were begun.
  public func thinSlice(endedBefore time: Int?) async throws -> Thinning {
    try await store.writeUnsynced { connection in
      var slice = Slice()
      var count = 0
      while let run = try Self.next(endedBefore: time, connection) {
        guard try Self.thin(run, within: &slice, connection) else {
          return Thinning(runs: count, isDone: false)
        }
        count += 1
        if !slice.takes() { return Thinning(runs: count, isDone: false) }
      }
      return Thinning(runs: count, isDone: true)
    }
  }

  /// Has one run thinned by the next slices; one that is thinned already, or isn't over, is left alone.
  public func beginThinning(_ run: RunID) async throws {
    try await store.write { connection in
      let number = try connection.first(
        "SELECT number FROM run WHERE id = ? AND finished_at IS NOT NULL AND thinned_at IS NULL",
        [.text(run.rawValue)]
      ) { row in row.int64(0) }
      if let number { try Self.begin(.integer(number), connection) }
    }
  }

  private static func next(
    endedBefore time: Int?, _ connection: SQLiteConnection
  ) throws -> SQLiteValue? {
    let begun = try connection.first("SELECT run FROM thinning LIMIT 1") { row in row.int64(0) }
    if let begun { return .integer(begun) }
    guard let time else { return nil }
    let next = try connection.first(
      """
      SELECT number FROM run INDEXED BY run_by_end_unthinned
      WHERE finished_at < ? AND thinned_at IS NULL AND packed_step > 0 AND \(Removal.isThere)
      ORDER BY finished_at LIMIT 1
      """, [.integer(time)]
    ) { row in SQLiteValue.integer(row.int64(0)) }
    if let next { try begin(next, connection) }
    return next
  }

  /// From now on readers take the next level.
  private static func begin(_ run: SQLiteValue, _ connection: SQLiteConnection) throws {
    try connection.execute(
      "UPDATE run SET thinned_at = ? WHERE number = ?", [.integer(Store.now()), run])
    try connection.execute("INSERT INTO thinning (run) VALUES (?)", [run])
  }

  /// - Returns: whether the run is done.
  private static func thin(
    _ run: SQLiteValue, within slice: inout Slice, _ connection: SQLiteConnection
  ) throws -> Bool {
    let blocks = RunTable.block.only("level = 0")
    guard try blocks.delete(of: run, within: &slice, connection) else { return false }
    var histograms = try HistogramThinning(run, connection)
    guard try histograms.deleteSome(within: &slice, connection) else { return false }
    try connection.execute("DELETE FROM thinning WHERE run = ?", [run])
    return true
  }
}
