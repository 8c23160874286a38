import SQLite

/// What holds of every row of a table; a stranger's numbers may be such that reading them would overflow.
struct ArchivedRows {
  let table: String
  let what: String
  let condition: String

  /// Beyond any run, and far from where sums and products of steps overflow.
  private static let step = "BETWEEN 0 AND 1099511627776"
  /// Milliseconds up to the year 9999.
  private static let time = "BETWEEN 0 AND 253402300799999"
  private static let count = "BETWEEN 0 AND 1000000000"

  private static func finite(_ columns: String...) -> String {
    columns.map { "(\($0) IS NULL OR abs(\($0)) < 9e999)" }.joined(separator: " AND ")
  }

  private static func within(_ range: String, _ columns: String...) -> String {
    columns.map { "(\($0) IS NULL OR \($0) \(range))" }.joined(separator: " AND ")
  }

  static let all = [
    ArchivedRows(
      table: "run", what: "is over",
      condition: "state IN ('succeeded', 'failed', 'cancelled') AND wish IS NULL"),
    ArchivedRows(
      table: "run", what: "counts within bounds",
      condition: within(step, "step", "total_steps", "packed_step", "epoch")
        + " AND packed_step <= step AND "
        + within(count, "attempt", "retries", "deaths") + " AND abs(priority) <= 1000"),
    ArchivedRows(
      table: "run", what: "times within bounds",
      condition: within(
        time, "created_at", "started_at", "finished_at", "queued_at", "not_before", "thinned_at",
        "events_dropped_at")
        + " AND elapsed_seconds BETWEEN 0 AND 1e9 AND "
        + within("BETWEEN 0 AND 1e15", "examples_per_second", "eta_seconds") + " AND "
        + finite("vanishing_index")),
    ArchivedRows(
      table: "run", what: "a name of 200 characters at most",
      condition: "name IS NULL OR length(name) <= 200"),
    ArchivedRows(table: "dataset", what: "times within bounds", condition: "created_at \(time)"),
    ArchivedRows(
      table: "dataset", what: "a name of 200 characters at most", condition: "length(name) <= 200"),
    ArchivedRows(
      table: "model", what: "a time and a name within bounds",
      condition: "created_at \(time) AND (name IS NULL OR length(name) <= 200)"),
    ArchivedRows(
      table: "run_parameter", what: "positions without gaps",
      condition: "position BETWEEN 0 AND (SELECT count(*) - 1 FROM run_parameter)"),
    ArchivedRows(
      table: "run_series", what: "positions without gaps",
      condition: "position BETWEEN 0 AND (SELECT count(*) - 1 FROM run_series)"),
    ArchivedRows(
      table: "step", what: "steps and numbers within bounds",
      condition: "step \(step) AND step > 0 AND "
        + finite("seconds", "loss", "learning_rate", "gradient_norm")),
    ArchivedRows(
      table: "step", what: "no more entries than there are parameters and series",
      condition: """
        coalesce(length(gradients), 0) <= 16 * (SELECT count(*) FROM run_parameter)
        AND coalesce(length(clipped), 0) <= 16 * (SELECT count(*) FROM run_parameter)
        AND coalesce(length(updates), 0) <= 8 * (SELECT count(*) FROM run_parameter)
        AND coalesce(length(nonfinite), 0) <= 16 * (SELECT count(*) FROM run_parameter)
        AND coalesce(length(series), 0) <= 8 * (SELECT count(*) FROM run_series)
        """),
    ArchivedRows(
      table: "block", what: "steps within bounds",
      condition: "first_step > 0 AND first_step \(step) AND last_step \(step)"),
    ArchivedRows(
      table: "point", what: "steps and numbers within bounds",
      condition: "step \(step) AND \(finite("seconds", "value"))"),
    ArchivedRows(
      table: "evaluation", what: "steps within bounds, and two rows of a part and term at most",
      condition: """
        step \(step) AND is_best IN (0, 1) AND part IN ('validation', 'test') AND length(term) <= 64
        AND 2 >= (SELECT count(*) FROM evaluation AS other
          WHERE other.part = evaluation.part AND other.term = evaluation.term)
        """),
    ArchivedRows(table: "histogram", what: "steps within bounds", condition: "step \(step)"),
    ArchivedRows(
      table: "thinning", what: "a place within bounds, in a run that is thinned",
      condition: """
        step BETWEEN -1 AND 1099511627776 AND place BETWEEN 0 AND 1099511627776
        AND (SELECT thinned_at FROM run) IS NOT NULL
        """),
    ArchivedRows(table: "activation", what: "steps within bounds", condition: "step \(step)"),
    ArchivedRows(table: "finding", what: "steps within bounds", condition: "from_step \(step)"),
    ArchivedRows(
      table: "log", what: "steps and times within bounds", condition: "step \(step) AND at \(time)"),
    // An event is a line of a stream.
    ArchivedRows(
      table: "event", what: "one line each",
      condition: "instr(data, char(10)) = 0 AND instr(data, char(13)) = 0"),
    ArchivedRows(
      table: "checkpoint", what: "steps and times within bounds",
      condition: "step \(step) AND epoch \(step) AND created_at \(time)"),
    ArchivedRows(
      table: "checkpoint_part", what: "weights only", condition: "part IN ('weights', 'given')"),
    // Where a byte stands follows from the chunks' size.
    ArchivedRows(
      table: "checkpoint_chunk", what: "chunks of \(CheckpointRepository.chunkBytes) bytes",
      condition: """
        length(data) = min(\(CheckpointRepository.chunkBytes), (SELECT size_bytes
          FROM checkpoint_part WHERE id = checkpoint_chunk.part) - position * \(CheckpointRepository.chunkBytes))
        AND length(data) > 0
        """),
  ]

  /// - Throws: `ArchiveError` when a row isn't so.
  func check(_ connection: SQLiteConnection) throws {
    let isBroken = try connection.first(
      "SELECT 1 FROM \(table) WHERE (\(condition)) IS NOT TRUE LIMIT 1"
    ) { _ in true }
    if isBroken == true { throw ArchiveError("its table \(table) must have \(what)") }
  }
}
