import Foundation
import JSON
import SQLite

/// Whether a stranger's database holds one run that is over, and nothing that our readers would misread.
struct ArchivedRunCheck {
  let folder: URL
  let connection: SQLiteConnection

  /// What the doctor looks for in a whole data folder, as far as it is in the database.
  private static let doctor = [
    DatabaseCheck.integrity, DatabaseCheck.owners, CheckpointCheck.check, HistoryCheck.blocks,
    HistoryCheck.steps, RunCheck.rows, RunCheck.ends,
  ]

  /// - Throws: `ArchiveError` that names the first fault.
  func run() throws {
    try check(Self.doctor.prefix(2))
    try checkOneRun()
    for rule in ArchivedRows.all { try rule.check(connection) }
    for column in ArchivedDocument.all { try column.check(connection) }
    try check(Self.doctor.dropFirst(2))
  }

  private func check(_ checks: ArraySlice<StoreCheck>) throws {
    let examination = Examination(
      folder: DataFolder(folder), connection: connection, reading: { _ in })
    for check in checks {
      if let fault = try check.faults(examination).first {
        let place = fault.place == "chainrule.sqlite" ? "its database" : fault.place
        throw ArchiveError("\(place): \(fault.fault)")
      }
    }
  }

  private func checkOneRun() throws {
    // The doctor passes over rows of a run on its way into the store; here there is no such.
    let table = try connection.first("PRAGMA foreign_key_check") { row in row.text(0) }
    if let table {
      throw ArchiveError("a row of its table \(table) belongs to one that isn't there")
    }
    let counts = try connection.first(
      """
      SELECT (SELECT count(*) FROM run), (SELECT count(*) FROM answer),
        (SELECT count(*) FROM model WHERE id NOT IN (SELECT model FROM run WHERE model IS NOT NULL)),
        (SELECT count(*) FROM dataset WHERE id NOT IN (SELECT dataset FROM run_dataset)),
        (SELECT count(*) FROM weights_file) + (SELECT count(*) FROM weights_chunk),
        (SELECT count(*) FROM api_key) + (SELECT count(*) FROM audit)
          + (SELECT count(*) FROM webhook) + (SELECT count(*) FROM delivery)
      """
    ) { row in (0..<6).map { row.integer($0) } }
    guard counts?[0] == 1 else {
      throw ArchiveError("its database holds \(counts?[0] ?? 0) runs; an archive has one")
    }
    guard counts?.dropFirst().allSatisfy({ $0 == 0 }) == true else {
      throw ArchiveError("its database holds more than a run, its model and its datasets")
    }
  }
}
