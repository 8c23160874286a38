import SQLite

/// What runs recorded: steps, series, histograms, logs.
public struct RunHistory: Sendable {
  let store: Store

  /// Writes a batch in one transaction, which the chunks of large checkpoints go ahead of.
  ///
  /// A step that is there already is replaced, so that a run trained again leaves no second row.
  ///
  /// - Parameter committed: hears of the batch's events, with their ids, in the order of all commits.
  /// - Throws: `StoreError.conflict` when the run is no longer this attempt's to write.
  public func append(
    _ batch: HistoryBatch, to run: RunID, attempt: Int,
    committed: @Sendable ([StoredEvent]) -> Void
  ) throws {
    let checkpoints = try batch.checkpoints.map {
      try StagedCheckpoint($0, of: run, attempt: attempt, store)
    }
    _ = try store.writeAndWait(
      { connection in
        let number = try Self.fence(run, attempt, batch, connection)
        try Self.writeRows(batch, number, connection)
        try Self.writeSteps(batch.steps, number, connection)
        if let last = batch.steps.last?.step {
          try Packing.pack(number, through: last, connection)
        }
        for checkpoint in checkpoints { try checkpoint.commit(number, connection) }
        return try EventLog.append(batch.events, to: run, number, connection)
      }, committed: committed)
  }

  /// Makes sure that the run is this attempt's, and moves its progress, which doesn't go back while steps are done again.
  private static func fence(
    _ run: RunID, _ attempt: Int, _ batch: HistoryBatch, _ connection: SQLiteConnection
  ) throws -> SQLiteValue {
    let number = try Self.number(of: run, attempt, connection)
    if let progress = batch.progress {
      try connection.execute(
        """
        UPDATE run SET epoch = max(epoch, ?), step = max(step, ?), total_steps = ?,
          examples_per_second = ?, elapsed_seconds = max(elapsed_seconds, ?), eta_seconds = ?
        WHERE number = ?
        """,
        [
          .integer(progress.epoch), .integer(progress.step), .optional(progress.totalSteps),
          .optional(progress.examplesPerSecond), .real(progress.elapsedSeconds),
          .optional(progress.etaSeconds), number,
        ])
    }
    if let index = batch.vanishingIndex {
      try connection.execute(
        "UPDATE run SET vanishing_index = ? WHERE number = ?", [.finite(index), number])
    }
    if batch.metrics != nil || batch.best != nil {
      try connection.execute(
        "UPDATE run SET metrics = coalesce(?, metrics), best = coalesce(?, best) WHERE number = ?",
        [.optional(batch.metrics), .optional(batch.best), number])
    }
    return number
  }

  /// The row of a run that an attempt may write.
  static func number(
    of run: RunID, _ attempt: Int, _ connection: SQLiteConnection
  ) throws -> SQLiteValue {
    let number = try connection.first(
      "SELECT number FROM run WHERE id = ? AND attempt = ? AND state = 'running'",
      [.text(run.rawValue), .integer(attempt)]
    ) { row in row.int64(0) }
    guard let number else {
      throw StoreError(.conflict, "attempt \(attempt) of run \(run) may write no more")
    }
    return .integer(number)
  }

  private static func writeRows(
    _ batch: HistoryBatch, _ run: SQLiteValue, _ connection: SQLiteConnection
  ) throws {
    for (position, parameter) in batch.parameters.enumerated() {
      try connection.execute(
        "INSERT OR REPLACE INTO run_parameter (run, position, layer, name) VALUES (?, ?, ?, ?)",
        [run, .integer(position), .text(parameter.layer), .text(parameter.name)])
    }
    for (position, name) in batch.series.enumerated() {
      try connection.execute(
        "INSERT OR REPLACE INTO run_series (run, position, name) VALUES (?, ?, ?)",
        [run, .integer(position), .text(name)])
    }
    for point in batch.points {
      try connection.execute(
        "INSERT OR REPLACE INTO point (run, series, step, seconds, value) VALUES (?, ?, ?, ?, ?)",
        [
          run, .text(point.series), .integer(point.step), .real(point.seconds),
          .optional(point.value),
        ])
    }
    for evaluation in batch.evaluations {
      try EvaluationRepository.write(evaluation, run, connection)
    }
    for histogram in batch.histograms {
      try connection.execute(
        """
        INSERT OR REPLACE INTO histogram (run, quantity, layer, parameter, step, data)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        [
          run, .text(histogram.quantity), .text(histogram.layer),
          .text(histogram.parameter ?? ""), .integer(histogram.step), .blob(histogram.data),
        ])
    }
    for activation in batch.activations {
      try connection.execute(
        "INSERT OR REPLACE INTO activation (run, layer, step, data) VALUES (?, ?, ?, ?)",
        [run, .text(activation.layer), .integer(activation.step), .text(activation.data)])
    }
    for finding in batch.findings {
      try connection.execute(
        """
        INSERT OR REPLACE INTO finding (run, key, rule, severity, from_step, data)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        [
          run, .text(finding.key), .text(finding.rule), .text(finding.severity),
          .integer(finding.fromStep), .text(finding.data),
        ])
    }
    for log in batch.logs {
      try connection.execute(
        "INSERT INTO log (run, at, level, step, message) VALUES (?, ?, ?, ?, ?)",
        [
          run, .integer(log.at), .text(log.level), .integer(log.step), .text(log.message),
        ])
    }
  }

  private static func writeSteps(
    _ steps: [StepRecord], _ run: SQLiteValue, _ connection: SQLiteConnection
  ) throws {
    // A run that is trained again repeats steps, in the same bits; those in blocks stay as they are.
    let packed = steps.isEmpty ? 0 : try Packing.packedStep(run, connection)
    for step in steps where step.step > packed {
      let nonFinite = NonFiniteCounts.packed(step.gradients)
      try connection.execute(
        """
        INSERT OR REPLACE INTO step
          (run, step, seconds, loss, learning_rate, gradient_norm, gradients, clipped, updates,
           nonfinite, series)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
          run, .integer(step.step), .real(step.seconds), .finite(step.loss),
          .finite(step.learningRate), step.gradientNorm.map { .finite($0) } ?? .null,
          step.gradients.isEmpty ? .null : .blob(GradientSummary.packed(step.gradients)),
          step.clipped.isEmpty ? .null : .blob(GradientSummary.packed(step.clipped)),
          step.updates.isEmpty ? .null : .blob(UpdateSummary.packed(step.updates)),
          nonFinite.isEmpty ? .null : .blob(nonFinite),
          step.series.isEmpty ? .null : .blob(PackedSeries.packed(step.series)),
        ])
    }
  }
}

extension SQLiteValue {
  /// A number, or NULL for one that isn't finite (as SQLite makes of NaN alone).
  static func finite(_ value: Double) -> SQLiteValue { value.isFinite ? .real(value) : .null }
}
