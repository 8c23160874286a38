import SQLite

/// Whether a run's state goes with its rows.
enum RunCheck {
  private static let over = "state IN ('succeeded', 'failed', 'cancelled')"

  /// Rows without which a run can't be carried out.
  static let rows = StoreCheck(name: "runs") { examination in
    let connection = examination.connection
    func faults(
      where condition: String, _ fault: String, _ reason: StateReason
    ) throws -> [StoreFault] {
      try connection.query("SELECT id, state FROM run WHERE \(Removal.isThere) AND (\(condition))")
      { row in
        StoreFault(
          "run \(row.text(0))", "is \(row.text(1)), but \(fault)",
          remedy: "it can only be failed", repair: .failRun(RunID(trusted: row.text(0)), reason))
      }
    }
    let lost = try faults(
      where: "NOT EXISTS (SELECT 1 FROM run_dataset WHERE run = number AND role = 'train')",
      "nothing says what it trains on", .workerLost)
    let unreadable = try faults(
      where: """
        NOT \(over) AND NOT (json_valid(request) AND json_valid(data) AND json_valid(tags)
          AND json_valid(metrics))
        """, "its request isn't JSON any more", .workerLost)
    let bare = try faults(
      where: """
        NOT \(over) AND EXISTS (SELECT 1 FROM run_dataset WHERE run = number
          AND dataset NOT IN (SELECT id FROM dataset))
        """, "its dataset is gone", .invalidData)
    // One run is failed once.
    var seen: Set<String> = []
    return (lost + unreadable + bare).filter { seen.insert($0.place).inserted }
  }

  /// What a run that is over has, and no other.
  static let ends = StoreCheck(name: "ends of runs") { examination in
    let connection = examination.connection
    let times = try connection.query(
      "SELECT id, state FROM run WHERE \(Removal.isThere) AND \(over) <> (finished_at IS NOT NULL)"
    ) { row in
      StoreFault(
        "run \(row.text(0))", "is \(row.text(1)), which its time of ending contradicts",
        remedy: "bring that in line with the state", repair: .mendEnd(RunID(trusted: row.text(0))))
    }
    let states = try connection.query(
      """
      SELECT id, state FROM run WHERE \(Removal.isThere) AND \(over) AND EXISTS (
        SELECT 1 FROM checkpoint JOIN checkpoint_part ON checkpoint_part.checkpoint = checkpoint.id
        WHERE run = number AND part = 'state')
      """
    ) { row in
      StoreFault(
        "run \(row.text(0))", "is \(row.text(1)), but keeps a state to continue from",
        remedy: "remove that", repair: .dropState(RunID(trusted: row.text(0))))
    }
    let untold = try connection.query(
      """
      SELECT id, state FROM run WHERE \(Removal.isThere) AND \(over)
      AND NOT EXISTS (SELECT 1 FROM event WHERE run = number AND kind = 'end')
      """
    ) { row in
      StoreFault(
        "run \(row.text(0))", "is \(row.text(1)), but its events have no end",
        remedy: "tell of the end", repair: .tellEnd(RunID(trusted: row.text(0))))
    }
    return times + states + untold
  }

  /// The numbers of runs by state, which are kept beside them.
  static let counts = StoreCheck(name: "counts of runs") { examination in
    try examination.connection.query(
      """
      SELECT state, count, (SELECT count(*) FROM run WHERE run.state = run_count.state
        AND \(Removal.isThere)) AS runs
      FROM run_count WHERE count <> runs
      """
    ) { row in
      StoreFault(
        "chainrule.sqlite",
        "counts \(row.integer(1)) runs as \(row.text(0)), where there are \(row.integer(2))",
        remedy: "count them anew", repair: .countRuns)
    }
  }
}
