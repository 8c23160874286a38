import SQLite

extension RunHistory {
  /// The names of a run's series that have a point.
  public func seriesNames(_ run: RunID) async throws -> [String] {
    try await store.read { connection in
      // Of the newest step: those before it may lie in blocks.
      let hasSteps = try connection.first(
        """
        SELECT gradient_norm IS NOT NULL FROM step WHERE run = \(Self.number)
        ORDER BY gradient_norm IS NULL LIMIT 1
        """, [.text(run.rawValue)]
      ) { row in row.integer(0) }
      let packed = try connection.query(
        "SELECT name FROM run_series WHERE run = \(Self.number) ORDER BY position",
        [.text(run.rawValue)]
      ) { row in row.text(0) }
      let others = try connection.query(
        "SELECT DISTINCT series FROM point WHERE run = \(Self.number) ORDER BY series",
        [.text(run.rawValue)]
      ) { row in row.text(0) }
      let own = hasSteps.map {
        ["train_loss", "learning_rate"] + ($0 == 1 ? ["gradient_norm"] : []) + packed
      }
      return (own ?? []) + others
    }
  }

  static let number = "(SELECT number FROM run WHERE id = ?)"

  /// The points of one series after `after` up to `through`, in order; at most about `limit`, none left out between.
  ///
  /// A page may be shorter than the limit where rows and blocks meet; the next one goes on after its last step.
  public func points(
    _ run: RunID, series: String, after: Int, through: Int, limit: Int
  ) async throws -> [PointRecord] {
    try await store.read { connection in
      guard let stream = try Self.stream(of: series, run, connection) else {
        return try Self.rarePoints(run, series, after: after, through: through, limit, connection)
      }
      let reader = try BlockReader(run, connection)
      return try reader.page(stream, after: after, through: through, limit: limit)
        .points(of: series)
    }
  }

  /// The same over a range, thinned to `limit` points or a few more that hold the least and the largest of each stretch.
  public func thinnedPoints(
    _ run: RunID, series: String, within range: ClosedRange<Int>, limit: Int
  ) async throws -> [PointRecord]? {
    try await store.read { connection in
      guard let stream = try Self.stream(of: series, run, connection) else { return nil }
      return try BlockReader(run, connection).thinned(stream, range, limit: limit)
        .points(of: series)
    }
  }

  /// The stream of a series that every step has; `nil` for one that has points now and then.
  private static func stream(
    of series: String, _ run: RunID, _ connection: SQLiteConnection
  ) throws -> HistoryStream? {
    switch series {
    case "train_loss": return .loss
    case "learning_rate": return .learningRate
    case "gradient_norm": return .gradientNorm
    default:
      return try connection.first(
        "SELECT position FROM run_series WHERE run = \(number) AND name = ?",
        [.text(run.rawValue), .text(series)]
      ) { row in .series(row.integer(0)) }
    }
  }

  private static func rarePoints(
    _ run: RunID, _ series: String, after: Int, through: Int, _ limit: Int,
    _ connection: SQLiteConnection
  ) throws -> [PointRecord] {
    try connection.query(
      """
      SELECT step, seconds, value FROM point
      WHERE run = \(number) AND series = ? AND step > ? AND step <= ? ORDER BY step LIMIT ?
      """,
      [.text(run.rawValue), .text(series), .integer(after), .integer(through), .integer(limit)]
    ) { row in
      PointRecord(
        series: series, step: row.integer(0), seconds: row.double(1), value: row.optionalDouble(2))
    }
  }

  /// The run's parameters, in the order in which steps hold their gradients.
  public func parameters(_ run: RunID) async throws -> [ParameterName] {
    try await store.read { connection in
      try connection.query(
        "SELECT layer, name FROM run_parameter WHERE run = \(Self.number) ORDER BY position",
        [.text(run.rawValue)]
      ) { row in ParameterName(layer: row.text(0), name: row.text(1)) }
    }
  }

  /// Measured steps after `after` up to `through`, in order, with the entries at some positions; at most about `limit`.
  public func gradients(
    _ run: RunID, isClipped: Bool, positions: [Int], after: Int, through: Int, limit: Int
  ) async throws -> [(step: Int, entries: [GradientSummary?])] {
    try await store.read { connection in
      let reader = try BlockReader(run, connection)
      let streams = positions.map { isClipped ? HistoryStream.clipped($0) : .gradient($0) }
      return try reader.page(streams, after: after, through: through, limit: limit) {
        GradientSummary($0, at: $1)
      }
    }
  }

  /// The gradients of some parameters over a range, each thinned to about `limit` points by its norm.
  public func thinnedGradients(
    _ run: RunID, isClipped: Bool, positions: [Int], within range: ClosedRange<Int>, limit: Int
  ) async throws -> [[(step: Int, entry: GradientSummary)]] {
    try await store.read { connection in
      let reader = try BlockReader(run, connection)
      return try positions.map { position in
        let track = try reader.thinned(
          isClipped ? .clipped(position) : .gradient(position), range, limit: limit)
        return track.steps.indices.map { (track.steps[$0], GradientSummary(track, at: $0)) }
      }
    }
  }

  /// The norms of weights and updates, as `gradients` has them.
  public func updates(
    _ run: RunID, positions: [Int], after: Int, through: Int, limit: Int
  ) async throws -> [(step: Int, entries: [UpdateSummary?])] {
    try await store.read { connection in
      let reader = try BlockReader(run, connection)
      return try reader.page(
        positions.map { .update($0) }, after: after, through: through, limit: limit
      ) { UpdateSummary($0, at: $1) }
    }
  }

  /// The same thinned to about `limit` points by the ratio of update and weights.
  public func thinnedUpdates(
    _ run: RunID, positions: [Int], within range: ClosedRange<Int>, limit: Int
  ) async throws -> [[(step: Int, entry: UpdateSummary)]] {
    try await store.read { connection in
      let reader = try BlockReader(run, connection)
      return try positions.map { position in
        let track = try reader.thinned(.update(position), range, limit: limit)
        return track.steps.indices.map { (track.steps[$0], UpdateSummary(track, at: $0)) }
      }
    }
  }

  /// How many steps a run has recorded within a range.
  public func stepCount(_ run: RunID, from: Int, through: Int) async throws -> Int {
    try await store.read { connection in
      let packed = try BlockReader(run, connection).packedStep
      let rows = try connection.first(
        "SELECT count(*) FROM step WHERE run = \(Self.number) AND step BETWEEN ? AND ?",
        [.text(run.rawValue), .integer(from), .integer(through)]
      ) { row in row.integer(0) }
      return max(0, min(packed, through) - max(from, 1) + 1) + (rows ?? 0)
    }
  }

  /// Of what a run has histograms of a quantity: layer and parameter, in their order.
  public func histogramKeys(
    _ run: RunID, quantity: String
  ) async throws -> [(layer: String, parameter: String?)] {
    try await store.read { connection in
      var keys: [(String, String?)] = []
      var last = ("", "")
      // From one to the next, without a look at the steps between.
      while keys.count < 100_000 {
        let next = try connection.first(
          """
          SELECT layer, parameter FROM histogram WHERE run = \(Self.number) AND quantity = ?
          AND (layer, parameter) > (?, ?) ORDER BY layer, parameter LIMIT 1
          """,
          [.text(run.rawValue), .text(quantity), .text(last.0), .text(last.1)]
        ) { row in (row.text(0), row.text(1)) }
        guard let next else { break }
        keys.append((next.0, next.1.isEmpty ? nil : next.1))
        last = next
      }
      return keys
    }
  }

  /// The histograms of one layer or parameter, by step, after `after` up to `through`; at most `limit`.
  public func histograms(
    _ run: RunID, quantity: String, layer: String, parameter: String?, after: Int, through: Int,
    limit: Int
  ) async throws -> [StoredHistogram] {
    try await store.read { connection in
      try connection.query(
        """
        SELECT step, data FROM histogram WHERE run = \(Self.number) AND quantity = ?
        AND layer = ? AND parameter = ? AND step > ? AND step <= ? ORDER BY step LIMIT ?
        """,
        [
          .text(run.rawValue), .text(quantity), .text(layer), .text(parameter ?? ""),
          .integer(after), .integer(through), .integer(limit),
        ]
      ) { row in
        StoredHistogram(
          quantity: quantity, layer: layer, parameter: parameter, step: row.integer(0),
          data: row.blob(1))
      }
    }
  }

  /// The steps with a histogram of one layer or parameter that lie next to a step, before and after it.
  public func histogramSteps(
    _ run: RunID, quantity: String, layer: String, parameter: String?, around step: Int
  ) async throws -> [Int] {
    try await store.read { connection in
      let ends = try connection.first(
        """
        SELECT max(step) FILTER (WHERE step <= ?5), min(step) FILTER (WHERE step > ?5)
        FROM histogram WHERE run = (SELECT number FROM run WHERE id = ?1) AND quantity = ?2
        AND layer = ?3 AND parameter = ?4
        """,
        [
          .text(run.rawValue), .text(quantity), .text(layer), .text(parameter ?? ""),
          .integer(step),
        ]
      ) { row in [row.optionalInteger(0), row.optionalInteger(1)] }
      return (ends ?? []).compactMap(\.self)
    }
  }

  /// What histograms a run has: quantity, layer and the steps at either end.
  public func histogramRange(_ run: RunID, quantity: String) async throws -> ClosedRange<Int>? {
    try await store.read { connection in
      let ends = try connection.first(
        "SELECT min(step), max(step) FROM histogram WHERE run = \(Self.number) AND quantity = ?",
        [.text(run.rawValue), .text(quantity)]
      ) { row in (row.optionalInteger(0), row.optionalInteger(1)) }
      guard let first = ends?.0, let last = ends?.1 else { return nil }
      return first...last
    }
  }

  /// The layers that have activation statistics, by name.
  public func activationLayers(_ run: RunID) async throws -> [String] {
    try await store.read { connection in
      var layers: [String] = []
      // A look at the index for each, where DISTINCT would read all rows.
      while let next = try connection.first(
        "SELECT MIN(layer) FROM activation WHERE run = \(Self.number) AND layer > ?",
        [.text(run.rawValue), .text(layers.last ?? "")],
        { row in row.optionalText(0) }) ?? nil
      {
        layers.append(next)
      }
      return layers
    }
  }

  /// One layer's activation statistics by step, after a step.
  public func activations(
    _ run: RunID, layer: String, after: Int, through: Int, limit: Int
  ) async throws -> [StoredActivation] {
    try await store.read { connection in
      try connection.query(
        """
        SELECT layer, step, data FROM activation WHERE run = \(Self.number) AND layer = ?
        AND step > ? AND step <= ? ORDER BY step LIMIT ?
        """,
        [
          .text(run.rawValue), .text(layer), .integer(after), .integer(through), .integer(limit),
        ]
      ) { row in
        StoredActivation(layer: row.text(0), step: row.integer(1), data: row.text(2))
      }
    }
  }

  /// A run's log, oldest first, after a line's number.
  public func logs(
    _ run: RunID, after: Int64, limit: Int
  ) async throws -> [(number: Int64, log: StoredLog)] {
    try await store.read { connection in
      try connection.query(
        """
        SELECT id, at, level, step, message FROM log
        WHERE run = \(Self.number) AND id > ? ORDER BY id LIMIT ?
        """, [.text(run.rawValue), .integer(after), .integer(limit)]
      ) { row in
        (
          row.int64(0),
          StoredLog(
            at: row.integer(1), level: row.text(2), step: row.integer(3), message: row.text(4))
        )
      }
    }
  }
}
