import Foundation
import SQLite

/// Examines a data folder, and puts right what can be put right without loss.
public struct Doctor: Sendable {
  /// What was found.
  public struct Report: Sendable {
    public internal(set) var faults: [StoreFault] = []
    /// What was done, and what couldn't be looked at.
    public internal(set) var notes: [String] = []
  }

  private let folder: DataFolder
  private let reading: DatasetReading

  public init(folder: URL, reading: @escaping DatasetReading = { _ in }) {
    self.folder = DataFolder(folder)
    self.reading = reading
  }

  /// Looks only. Beside a server it leaves out what that may be changing, and says so.
  ///
  /// - Throws: `StoreError.notFound` where there is no store.
  public func examine() throws(StoreError) -> Report {
    try folder.checkHoldsStore()
    do {
      let lock = try folder.take()
      defer { withExtendedLifetime(lock) {} }
      return try examination(isInUse: false)
    } catch {
      guard error.code == .locked else { throw error }
      return try examination(isInUse: true)
    }
  }

  /// Copies the folder as it is to `backups`, makes every repair, ends removals that were begun, frees unused pages, and
  /// looks again.
  ///
  /// - Throws: `StoreError.notFound` where there is no store, `.locked` while a server has it.
  public func repair() throws(StoreError) -> Report {
    try folder.checkHoldsStore()
    let lock = try folder.take()
    defer { withExtendedLifetime(lock) {} }
    let repairs = try examination(isInUse: false).faults.compactMap(\.repair)
    do {
      var notes: [String] = []
      if !repairs.isEmpty {
        let copy = try FolderCopy(source: folder, isLinking: true, reading: reading).makeAsFound()
        notes.append("kept what was there in \(copy.path)")
      }
      let connection = try SQLiteConnection(
        path: folder.database.path(percentEncoded: false), mode: .readWrite)
      try Store.configureWriter(connection)
      var done: Set<StoreRepair> = []
      for repair in repairs where done.insert(repair).inserted {
        try Store.transaction(connection) { try repair.carryOut(in: folder, $0) }
        notes.append(repair.description)
      }
      if let removed = Doctor.finishRemovals(connection) { notes.append(removed) }
      if let freed = try Doctor.freePages(connection) { notes.append(freed) }
      var report = try examination(isInUse: false)
      report.notes = notes + report.notes
      return report
    } catch {
      throw StoreError(wrapping: error)
    }
  }

  private func examination(isInUse: Bool) throws(StoreError) -> Report {
    var report = Report()
    let examination: Examination
    do {
      examination = Examination(
        folder: folder, connection: try folder.reader(), reading: reading)
    } catch {
      throw StoreError(error)
    }
    var isKnown = true
    for check in StoreCheck.all {
      if isInUse, !check.worksBesideServer {
        report.notes.append("a server uses the folder: \(check.name) weren't looked for")
        continue
      }
      guard isKnown || !check.needsSchema else { continue }
      do {
        report.faults += try check.faults(examination)
      } catch {
        report.faults.append(
          StoreFault(
            "chainrule.sqlite", "its \(check.name) can't be read: \(StoreError(wrapping: error))",
            remedy: StoreFault.restoring))
      }
      if check.name == MigrationCheck.check.name { isKnown = report.faults.isEmpty }
    }
    if isKnown, let count = try? Removal.count(examination.connection), count > 0 {
      report.notes.append("\(count) deleted runs still have rows, which a server removes")
    }
    return report
  }

  /// Deletes what is left of runs that were deleted.
  private static func finishRemovals(_ connection: SQLiteConnection) -> String? {
    guard (try? Migrator.check(connection))?.isEmpty == true else { return nil }
    var count = 0
    do {
      while true {
        let sweep = try Store.transaction(connection, Removal.deleteSlice)
        count += sweep.removed
        if sweep.isDone { break }
      }
    } catch {
      return "what is left of deleted runs couldn't be removed: \(StoreError(wrapping: error))"
    }
    return count > 0 ? "removed what was left of \(count) deleted runs" : nil
  }

  private static func freePages(_ connection: SQLiteConnection) throws -> String? {
    let pages = try connection.first("PRAGMA freelist_count") { row in row.integer(0) } ?? 0
    guard pages > 0 else { return nil }
    let isIncremental = try connection.first("PRAGMA auto_vacuum") { row in row.integer(0) == 2 }
    try connection.execute(script: isIncremental == true ? "PRAGMA incremental_vacuum" : "VACUUM")
    return "freed \(pages) pages of the database"
  }
}
