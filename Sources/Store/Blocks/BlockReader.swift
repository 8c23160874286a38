import SQLite

/// Reads a run's streams, from blocks and from the rows that aren't in blocks yet.
struct BlockReader {
  private let connection: SQLiteConnection
  private let run: SQLiteValue
  /// Up to which step all lie in blocks.
  let packedStep: Int
  /// Whether level 0 was dropped; then level 1 stands for it.
  private let isThinned: Bool
  private let cache = Cache()

  /// - Throws: `StoreError.notFound`.
  init(_ id: RunID, _ connection: SQLiteConnection) throws {
    self.connection = connection
    let found = try connection.first(
      "SELECT number, packed_step, thinned_at IS NOT NULL FROM run WHERE id = ?",
      [.text(id.rawValue)]
    ) { row in (row.int64(0), row.integer(1), row.integer(2) == 1) }
    guard let found else { throw StoreError(.notFound, "there is no run \(id)") }
    run = .integer(found.0)
    packedStep = found.1
    isThinned = found.2
  }

  // MARK: - Pages

  /// The points after `after` up to `through`, from one block or from rows.
  func page(
    _ stream: HistoryStream, after: Int, through: Int, limit: Int
  ) throws -> Track {
    guard after < through else { return Track(columns: stream.elements.count) }
    if after < packedStep {
      let blocks = try blocks(
        stream, level: isThinned ? 1 : 0, after + 1...min(through, packedStep), limit: 1)
      if blocks.count > 0 { return blocks }
    }
    return try rows(stream, max(after, packedStep) + 1...through, limit: limit)
  }

  /// Pages of several streams side by side, step by step.
  func page<Entry>(
    _ streams: [HistoryStream], after: Int, through: Int, limit: Int,
    _ entry: (Track, Int) -> Entry
  ) throws -> [(step: Int, entries: [Entry?])] {
    let tracks = try streams.map {
      try page($0, after: after, through: through, limit: limit)
    }
    // Pages end at different steps where one stream has fewer points; what all have is theirs together.
    guard let last = tracks.compactMap(\.steps.last).min() else { return [] }
    var places = tracks.map { _ in 0 }
    var rows: [(step: Int, entries: [Entry?])] = []
    while true {
      let heads = tracks.indices.compactMap { index in
        places[index] < tracks[index].count ? tracks[index].steps[places[index]] : nil
      }
      guard let step = heads.min(), step <= last else { return rows }
      rows.append(
        (
          step,
          tracks.indices.map { index in
            guard places[index] < tracks[index].count, tracks[index].steps[places[index]] == step
            else { return nil }
            defer { places[index] += 1 }
            return entry(tracks[index], places[index])
          }
        ))
    }
  }

  // MARK: - Thinned

  /// About `limit` points that hold the extremes of each stretch: from the coarsest level that has enough, the finest one at
  /// the ends of the range, and rows.
  func thinned(_ stream: HistoryStream, _ range: ClosedRange<Int>, limit: Int) throws -> Track {
    var result = Track(columns: stream.elements.count)
    let last = min(range.upperBound, packedStep)
    if range.lowerBound <= last {
      let window = range.lowerBound...last
      let wanted = max(1, limit / 2)
      let level = Packing.stretches.indices.last { window.count / Packing.stretches[$0] >= wanted }
      let coarse = max(level ?? 0, isThinned ? 1 : 0)
      let size = Packing.stretches[coarse]
      // Whole stretches of the level.
      let first = (window.lowerBound + size - 2) / size * size + 1
      let end = window.upperBound / size * size
      if first > end || isThinned {
        result.append(all: try blocks(stream, level: isThinned ? coarse : 0, window))
      } else {
        if window.lowerBound < first {
          result.append(all: try blocks(stream, level: 0, window.lowerBound...first - 1))
        }
        result.append(all: try blocks(stream, level: coarse, first...end))
        if end < window.upperBound {
          result.append(all: try blocks(stream, level: 0, end + 1...window.upperBound))
        }
      }
    }
    let start = max(range.lowerBound, packedStep + 1)
    if start <= range.upperBound {
      result.append(all: try rows(stream, start...range.upperBound, limit: .max))
    }
    guard result.count > limit, let first = result.steps.first, let end = result.steps.last else {
      return result
    }
    return result.thinned(to: limit, first...end, stream)
  }

  // MARK: - Blocks and rows

  /// The points of a level within a range.
  private func blocks(
    _ stream: HistoryStream, level: Int, _ range: ClosedRange<Int>, limit: Int = .max
  ) throws -> Track {
    let stored = try connection.query(
      """
      SELECT data FROM block WHERE run = ?1 AND stream = ?2 AND level = ?3
      AND first_step >= ?4 AND first_step <= ?5 AND last_step >= ?6 ORDER BY first_step LIMIT ?7
      """,
      [
        run, .integer(stream.number), .integer(level),
        .integer(range.lowerBound - Packing.stretches[level] * Packing.blockSteps),
        .integer(range.upperBound), .integer(range.lowerBound), .integer(limit),
      ]
    ) { row in row.blob(0) }
    var result = Track(columns: stream.elements.count)
    for bytes in stored {
      result.append(all: try Track(encoded: bytes, stream).within(range))
    }
    return result
  }

  /// Rows that have something in a column, with all of their parameters, kept for the next parameter.
  private func measured(
    _ column: String, _ range: ClosedRange<Int>, _ limit: Int
  ) throws -> [StepRow] {
    let key = "\(column) \(range) \(limit)"
    if let known = cache.rows, cache.key == key { return known }
    let rows = try StepRow.read(
      run, range, where: "\(column) IS NOT NULL", limit: limit, connection)
    cache.rows = rows
    cache.key = key
    return rows
  }

  private final class Cache {
    var key = ""
    var rows: [StepRow]?
  }

  private func rows(
    _ stream: HistoryStream, _ range: ClosedRange<Int>, limit: Int
  ) throws -> Track {
    var track = Track(columns: stream.elements.count)
    func read(_ columns: String, _ condition: String, _ take: (SQLiteRow) -> [Double]?) throws {
      _ = try connection.query(
        """
        SELECT step, seconds, \(columns) FROM step
        WHERE run = ? AND step BETWEEN ? AND ? AND (\(condition)) ORDER BY step LIMIT ?
        """,
        [run, .integer(range.lowerBound), .integer(range.upperBound), .integer(limit)]
      ) { row in
        if let values = take(row) { track.append(step: row.integer(0), values) }
      }
    }
    func scalar(_ column: String, _ condition: String) throws {
      try read(column, condition) { [$0.double(1), $0.optionalDouble(2) ?? .nan] }
    }
    switch stream {
    case .loss: try scalar("loss", "TRUE")
    case .learningRate: try scalar("learning_rate", "TRUE")
    // A step that wasn't measured has no norm, one whose norm isn't finite has none to show.
    case .gradientNorm:
      try scalar("gradient_norm", "gradients IS NOT NULL OR gradient_norm IS NOT NULL")
    case .series(let position):
      try read("series", "series IS NOT NULL") { row in
        let all = PackedSeries.all(row.blob(2))
        return all.indices.contains(position) ? [row.double(1), all[position]] : nil
      }
    case .gradient: track = Track(stream, of: try measured("gradients", range, limit))
    case .clipped: track = Track(stream, of: try measured("clipped", range, limit))
    case .update: track = Track(stream, of: try measured("updates", range, limit))
    }
    return track
  }
}

extension Track {
  mutating func append(all other: Track) {
    steps += other.steps
    for index in columns.indices { columns[index] += other.columns[index] }
  }

  /// Of a series.
  func points(of series: String) -> [PointRecord] {
    steps.indices.map { place in
      let value = columns[1][place]
      return PointRecord(
        series: series, step: steps[place], seconds: columns[0][place],
        value: value.isFinite ? value : nil)
    }
  }
}
