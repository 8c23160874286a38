import SQLite

/// The removal of runs: out of everyone's sight at once, and then row by row.
///
/// A run that is being removed keeps its row until the last, under an id that no request can name and that lies behind the
/// end of every list; so nothing that belongs to it is ever without an owner, and a process that dies goes on at its next start.
enum Removal {
  /// Holds for runs that aren't being removed.
  static let isThere = "run.id < '~'"

  /// Puts a run out of sight; what it used is used by one less.
  ///
  /// - Precondition: it is over.
  static func putAway(_ id: RunID, _ connection: SQLiteConnection) throws {
    let number = try RunRepository.number(of: id, connection)
    try connection.execute(
      """
      UPDATE dataset SET unused_since = ?2
      WHERE id IN (SELECT dataset FROM run_dataset WHERE run = ?1)
      """, [number, .integer(Store.now())])
    try connection.execute("DELETE FROM run_dataset WHERE run = ?", [number])
    // With its number, since a run of this id may be put in again and removed again meanwhile.
    try connection.execute(
      "UPDATE run SET id = '~' || id || '.' || number WHERE number = ?", [number])
  }

  /// Deletes a slice of what runs that were put away still have.
  static func deleteSlice(_ connection: SQLiteConnection) throws -> RunRepository.Sweep {
    var slice = Slice()
    var removed = 0
    while let run = try next(connection) {
      // Children first, so that none goes with its parent in one stroke.
      for table in RunTable.all.reversed() {
        guard try table.delete(of: run, within: &slice, connection) else {
          return RunRepository.Sweep(removed: removed, isDone: false)
        }
      }
      guard slice.takes() else { return RunRepository.Sweep(removed: removed, isDone: false) }
      try connection.execute("DELETE FROM run WHERE number = ?", [run])
      removed += 1
    }
    return RunRepository.Sweep(removed: removed, isDone: true)
  }

  static func count(_ connection: SQLiteConnection) throws -> Int {
    try connection.first("SELECT count(*) FROM run WHERE id >= '~'") { row in
      row.integer(0)
    } ?? 0
  }

  private static func next(_ connection: SQLiteConnection) throws -> SQLiteValue? {
    try connection.first("SELECT number FROM run WHERE id >= '~' LIMIT 1") { row in
      .integer(row.int64(0))
    }
  }
}

extension RunRepository {
  /// What a slice of a removal did.
  public struct Sweep: Hashable, Sendable {
    /// Runs that are gone with their last row.
    public let removed: Int
    /// Whether nothing is left to remove.
    public let isDone: Bool
  }

  /// Deletes some of the rows of deleted runs, in one short transaction; call it until it is done.
  public func sweep() async throws -> Sweep {
    try await store.writeUnsyncedFromReserve(Removal.deleteSlice)
  }

  /// Deleted runs of which rows are still there.
  public func beingRemoved() async throws -> Int { try await store.read(Removal.count) }

  /// Deletes those of some runs that are over and that no tag keeps, in one transaction.
  ///
  /// - Returns: which these were.
  public func remove(_ runs: [RunID]) async throws -> [RunID] {
    try await store.writeFromReserve { connection in
      try runs.filter { id in
        let isRemovable = try connection.first(
          "SELECT finished_at IS NOT NULL AND NOT \(EndedRun.isKept) FROM run WHERE id = ?",
          [.text(id.rawValue)]
        ) { row in row.integer(0) == 1 }
        guard isRemovable == true else { return false }
        try Removal.putAway(id, connection)
        return true
      }
    }
  }
}
