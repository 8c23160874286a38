import SQLite

/// Whether histories can be read.
enum HistoryCheck {
  /// Blocks that decode to ascending steps of their stretch.
  static let blocks = StoreCheck(name: "history") { examination in
    var faults: [StoreFault] = []
    _ = try examination.connection.query(
      """
      SELECT run.id, stream, level, first_step, last_step, block.data
      FROM block JOIN run ON run.number = block.run WHERE \(Removal.isThere)
      """
    ) { row in
      guard !isSound(row) else { return }
      faults.append(
        StoreFault(
          "run \(row.text(0))",
          "the block of steps \(row.integer(3)) to \(row.integer(4)), level \(row.integer(2)), "
            + "of stream \(row.integer(1)) can't be read",
          remedy: StoreFault.restoring))
    }
    return faults
  }

  private static func isSound(_ row: SQLiteRow) -> Bool {
    let level = row.integer(2)
    guard let stream = HistoryStream(number: row.integer(1)), Packing.stretches.indices ~= level,
      row.integer(3) <= row.integer(4), let track = try? Track(encoded: row.blob(5), stream)
    else { return false }
    let steps = row.integer(3)...row.integer(4)
    // Counts are read as 32 bits each.
    let counts = zip(stream.elements, track.columns).filter { $0.0 == .integer }.map(\.1)
    return track.steps.allSatisfy(steps.contains)
      && counts.allSatisfy { $0.allSatisfy { (0...Double(UInt32.max)).contains($0) } }
      && zip(track.steps, track.steps.dropFirst()).allSatisfy { $0 < $1 }
  }

  /// Steps that are still rows: whole entries a parameter, and none that lies in a block too.
  static let steps = StoreCheck(name: "steps") { examination in
    let torn = try examination.connection.query(
      """
      SELECT run.id, step.step FROM step JOIN run ON run.number = step.run
      WHERE \(Removal.isThere) AND (length(gradients) % 16 <> 0 OR length(clipped) % 16 <> 0
        OR length(updates) % 8 <> 0 OR length(nonfinite) % 16 <> 0 OR length(series) % 8 <> 0)
      """
    ) { row in
      StoreFault(
        "run \(row.text(0))", "the row of step \(row.integer(1)) ends within a number",
        remedy: StoreFault.restoring)
    }
    let apart = try examination.connection.query(
      """
      SELECT id, packed_step, (SELECT max(last_step) FROM block WHERE run = number) AS packed,
        (SELECT min(step) FROM step WHERE run = number) AS first
      FROM run WHERE \(Removal.isThere)
      AND (coalesce(packed, 0) <> packed_step OR coalesce(first, packed_step + 1) <= packed_step)
      """
    ) { row in
      StoreFault(
        "run \(row.text(0))",
        "its row says that steps up to \(row.integer(1)) lie in blocks, where blocks end at "
          + "\(row.integer(2)) and rows begin at \(row.integer(3))",
        remedy: StoreFault.restoring)
    }
    return torn + apart
  }
}
