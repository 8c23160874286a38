import SQLite

/// A row of `step`, unpacked.
struct StepRow {
  let step: Int
  let seconds: Double
  /// `nil` for what isn't finite.
  let loss: Double?
  let learningRate: Double?
  let gradientNorm: Double?
  let gradients: [GradientSummary]
  let clipped: [GradientSummary]
  let updates: [UpdateSummary]
  let series: [Double]

  /// - Parameter condition: which rows, in SQL.
  static func read(
    _ run: SQLiteValue, _ range: ClosedRange<Int>, where condition: String = "TRUE",
    limit: Int = .max, _ connection: SQLiteConnection
  ) throws -> [StepRow] {
    try connection.query(
      """
      SELECT step, seconds, loss, learning_rate, gradient_norm, gradients, clipped, updates, nonfinite, series
      FROM step WHERE run = ? AND step BETWEEN ? AND ? AND (\(condition)) ORDER BY step LIMIT ?
      """,
      [run, .integer(range.lowerBound), .integer(range.upperBound), .integer(limit)]
    ) { row in
      let counts = NonFiniteCounts.unpacked(row.blob(8))
      return StepRow(
        step: row.integer(0), seconds: row.double(1), loss: row.optionalDouble(2),
        learningRate: row.optionalDouble(3), gradientNorm: row.optionalDouble(4),
        gradients: GradientSummary.all(row.blob(5), counts),
        clipped: GradientSummary.all(row.blob(6), counts),
        updates: UpdateSummary.all(row.blob(7)), series: PackedSeries.all(row.blob(9)))
    }
  }
}
