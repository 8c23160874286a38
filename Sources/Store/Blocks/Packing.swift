import SQLite

/// Moves steps that have become many from rows into blocks.
enum Packing {
  /// Steps of a block of level 0: so many that a block takes several pages, since the last one is half empty on average.
  static let blockSteps = 4_096
  /// Steps that stay rows at least, so that the newest are at hand.
  static let keptSteps = 1_024
  /// Steps of a stretch of each level; a level's block holds `blockSteps` stretches, level 0's as many steps.
  static let stretches = [1, 32, 1_024]

  /// Packs whole blocks, as long as enough steps stay rows.
  static func pack(_ run: SQLiteValue, through last: Int, _ connection: SQLiteConnection) throws {
    var packed = try packedStep(run, connection)
    while last >= packed + blockSteps + keptSteps {
      try packStretch(run, packed + 1...packed + blockSteps, connection)
      packed += blockSteps
    }
  }

  static func packedStep(_ run: SQLiteValue, _ connection: SQLiteConnection) throws -> Int {
    try connection.first("SELECT packed_step FROM run WHERE number = ?", [run]) { row in
      row.integer(0)
    } ?? 0
  }

  private static func packStretch(
    _ run: SQLiteValue, _ range: ClosedRange<Int>, _ connection: SQLiteConnection
  ) throws {
    for (stream, track) in try tracks(run, range, connection) where track.count > 0 {
      try connection.execute(
        "INSERT OR REPLACE INTO block (run, stream, level, first_step, last_step, data) VALUES (?, ?, 0, ?, ?, ?)",
        [
          run, .integer(stream.number), .integer(range.lowerBound), .integer(range.upperBound),
          .blob(track.encoded(stream)),
        ])
      var points = track
      for level in 1..<stretches.count {
        points = points.extremes(of: stretches[level], stream)
        try extend(run, stream, level, with: points, range, connection)
      }
    }
    try connection.execute(
      "DELETE FROM step WHERE run = ? AND step BETWEEN ? AND ?",
      [run, .integer(range.lowerBound), .integer(range.upperBound)])
    try connection.execute(
      "UPDATE run SET packed_step = ? WHERE number = ?", [.integer(range.upperBound), run])
  }

  /// Adds points to the newest block of a level.
  private static func extend(
    _ run: SQLiteValue, _ stream: HistoryStream, _ level: Int, with points: Track,
    _ range: ClosedRange<Int>, _ connection: SQLiteConnection
  ) throws {
    let length = stretches[level] * blockSteps
    let first = (range.lowerBound - 1) / length * length + 1
    let stored = try connection.first(
      "SELECT data FROM block WHERE run = ? AND stream = ? AND level = ? AND first_step = ?",
      [run, .integer(stream.number), .integer(level), .integer(first)]
    ) { row in row.blob(0) }
    var all =
      try stored.map { try Track(encoded: $0, stream) } ?? Track(columns: points.columns.count)
    all.append(all: points)
    try connection.execute(
      "INSERT OR REPLACE INTO block (run, stream, level, first_step, last_step, data) VALUES (?, ?, ?, ?, ?, ?)",
      [
        run, .integer(stream.number), .integer(level), .integer(first),
        .integer(range.upperBound), .blob(all.encoded(stream)),
      ])
  }

  /// The rows of a stretch as tracks of every stream they hold.
  private static func tracks(
    _ run: SQLiteValue, _ range: ClosedRange<Int>, _ connection: SQLiteConnection
  ) throws -> [(HistoryStream, Track)] {
    let rows = try StepRow.read(run, range, connection)
    func most(_ count: (StepRow) -> Int) -> Range<Int> { 0..<(rows.map(count).max() ?? 0) }
    let streams =
      [.loss, .learningRate, .gradientNorm] + most(\.series.count).map { .series($0) }
      + most(\.gradients.count).map { .gradient($0) } + most(\.clipped.count).map { .clipped($0) }
      + most(\.updates.count).map { .update($0) } as [HistoryStream]
    return streams.map { ($0, Track($0, of: rows)) }.filter { $0.1.count > 0 }
  }
}
