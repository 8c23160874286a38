import SQLite

/// One thing that a data folder is examined for.
struct StoreCheck: Sendable {
  let name: String
  /// Whether it reads tables, and so needs the schema of this version.
  var needsSchema = true
  /// Whether it can be made while a server changes the folder.
  var worksBesideServer = true
  let faults: @Sendable (Examination) throws -> [StoreFault]

  /// Every check, in the order in which they are made.
  static let all = [
    MigrationCheck.check, DatabaseCheck.integrity, DatabaseCheck.owners, DatasetCheck.check,
    OrphanCheck.check, CheckpointCheck.check, WeightsCheck.check, HistoryCheck.blocks,
    HistoryCheck.steps,
    RunCheck.rows, RunCheck.ends, RunCheck.counts,
  ]
}

/// A data folder under examination.
struct Examination {
  let folder: DataFolder
  let connection: SQLiteConnection
  let reading: DatasetReading
}
