import JSON
import SQLite

/// A change that puts a fault right and takes nothing away that anything leads to.
enum StoreRepair: Hashable, Sendable, CustomStringConvertible {
  /// A file or folder, by its path in the data folder.
  case remove(String)
  case reindex
  case removeUnowned(table: String, column: String, parent: String, key: String)
  case removeCheckpoint(Int64)
  case failRun(RunID, StateReason)
  case mendEnd(RunID)
  case dropState(RunID)
  case tellEnd(RunID)
  case countRuns

  var description: String {
    switch self {
    case .remove(let path): "removed \(path)"
    case .reindex: "made the indices anew"
    case .removeUnowned(let table, _, let parent, _):
      "removed the rows of \(table) whose \(parent) isn't there"
    case .removeCheckpoint: "removed a checkpoint that held nothing"
    case .failRun(let run, _): "ended run \(run) as failed"
    case .mendEnd(let run): "put the time right at which run \(run) ended"
    case .dropState(let run): "removed what the finished run \(run) would have continued from"
    case .tellEnd(let run): "told of the end of run \(run)"
    case .countRuns: "counted the runs anew"
    }
  }

  /// - Precondition: the folder's lock is held.
  func carryOut(in folder: DataFolder, _ connection: SQLiteConnection) throws {
    switch self {
    case .remove(let path): try Disk.remove(folder.url.appending(path: path))
    case .reindex: try connection.execute("REINDEX")
    case .removeUnowned(let table, let column, let parent, let key):
      try connection.execute(
        "DELETE FROM \(table) WHERE \(column) NOT IN (SELECT \(key) FROM \(parent))")
    case .removeCheckpoint(let id):
      try connection.execute("DELETE FROM checkpoint WHERE id = ?", [.integer(id)])
    case .failRun(let run, let reason): try StoreRepair.fail(run, reason, connection)
    case .mendEnd(let run):
      try connection.execute(
        """
        UPDATE run SET finished_at = CASE WHEN state IN ('succeeded', 'failed', 'cancelled')
          THEN coalesce(finished_at, started_at, created_at) END WHERE id = ?
        """, [.text(run.rawValue)])
    case .dropState(let run):
      try RunRepository.dropState(of: RunRepository.number(of: run, connection), connection)
    case .tellEnd(let run):
      try StoreRepair.tell(of: run, connection) { $0.kind == "end" }
    case .countRuns:
      try connection.execute(
        """
        UPDATE run_count SET count = (SELECT count(*) FROM run WHERE run.state = run_count.state
          AND \(Removal.isThere))
        """)
    }
  }

  private static func fail(
    _ run: RunID, _ reason: StateReason, _ connection: SQLiteConnection
  ) throws {
    let number = try RunRepository.number(of: run, connection)
    // Without this row the run can't even be shown; an id that no dataset has stands for one that is gone.
    try connection.execute(
      "INSERT OR IGNORE INTO run_dataset (run, role, dataset) VALUES (?, 'train', ?)",
      [number, .text(DatasetID.prefix + String(repeating: "0", count: 26))])
    let problem: JSON = [
      "type": .string("/problems/\(reason.rawValue.replacing("_", with: "-"))"),
      "title": "The run's parts can't be used",
      "detail": "its rows were found unusable when the store was repaired",
    ]
    try connection.execute(
      """
      UPDATE run SET state = 'failed', state_reason = ?, error = ?, eta_seconds = NULL,
        finished_at = coalesce(finished_at, ?) WHERE number = ?
      """,
      [.text(reason.rawValue), .text("\(problem)"), .integer(Store.now()), number])
    try RunRepository.dropState(of: number, connection)
    try tell(of: run, connection) { _ in true }
  }

  /// Events as the server tells of a run's state.
  private static func tell(
    of run: RunID, _ connection: SQLiteConnection, _ isUntold: (NewEvent) -> Bool
  ) throws {
    guard let record = try RunRepository.get(run, connection) else { return }
    _ = try EventLog.append(
      record.stateEvents.filter(isUntold), to: run, RunRepository.number(of: run, connection),
      connection)
  }
}
