import SQLite

/// A run of an archive on its way into the store.
///
/// Its rows go ahead in transactions of their own, so that no other writer waits long, under a number below zero that no
/// run has: nobody reads them. Its own row comes last, and with it the run is there whole. An archived run keeps such a
/// number, since it wasn't submitted here; what has one and belongs to no run is removed when the store is opened.
public struct StagedRun: Sendable {
  private let store: Store
  private let archived: ArchivedRun
  private let number: SQLiteValue
  /// The newest events, which come with the run's own row.
  private var lastEvents: RunTable.Page
  /// The newest of those that went ahead; 0 when none did.
  private var lastEventID: Int64 = 0

  /// Has the rows go ahead. For a thread that may wait.
  ///
  /// - Precondition: no other archive is on its way into this store.
  public init(_ archived: ArchivedRun, into store: Store) throws {
    self.store = store
    self.archived = archived
    number = try store.writeAndWait { connection in
      try Self.sweep(connection)
      let least = try connection.first("SELECT min(number) FROM run") { $0.int64(0) } ?? 0
      return .integer(min(0, least) - 1)
    }
    lastEvents = RunTable.Page(columns: [])
    do {
      try send()
    } catch {
      discard()
      throw error
    }
  }

  /// Removes the rows that went ahead of a run that doesn't come.
  public func discard() { try? store.writeAndWait { try Self.sweep($0) } }

  private mutating func send() throws {
    let source = try archived.open()
    let own = SQLiteValue.integer(archived.run.number)
    // New numbers of checkpoints and of their parts.
    var owners: [String: [SQLiteValue: SQLiteValue]] = [:]
    for table in RunTable.all where table.name != "run_dataset" {
      var waiting: RunTable.Page?
      var after: [SQLiteValue]?
      repeat {
        let page = try table.page(of: own, after: after, source)
        after = page.next
        if table.name == "event" {
          if let waiting, !page.rows.isEmpty {
            lastEventID = try send(waiting, of: table, &owners).last ?? lastEventID
          }
          if waiting == nil || !page.rows.isEmpty { waiting = page }
        } else {
          _ = try send(page, of: table, &owners)
        }
      } while after != nil
      if let waiting { lastEvents = waiting }
    }
  }

  /// - Returns: the ids that the rows were given, where the table gives any.
  private func send(
    _ page: RunTable.Page, of table: RunTable,
    _ owners: inout [String: [SQLiteValue: SQLiteValue]]
  ) throws -> [Int64] {
    let known = owners
    let number = number
    let ids = try store.writeUnsynced(isOwned: false) { connection in
      try page.rows.map { try Self.insert($0, page.columns, table, number, known, connection) }
    }
    guard table.name == "checkpoint" || table.name == "checkpoint_part",
      let place = page.columns.firstIndex(of: "id")
    else { return ids }
    for (row, id) in zip(page.rows, ids) {
      owners[table.name, default: [:]][row[place]] = .integer(id)
    }
    return ids
  }

  private static func insert(
    _ row: [SQLiteValue], _ columns: [String], _ table: RunTable, _ number: SQLiteValue,
    _ owners: [String: [SQLiteValue: SQLiteValue]], _ connection: SQLiteConnection
  ) throws -> Int64 {
    var values = row
    for (place, column) in columns.enumerated() {
      switch column {
      case "run": values[place] = number
      case "id": values[place] = .null
      case "checkpoint": values[place] = owners["checkpoint"]?[row[place]] ?? .null
      case "part" where table.name == "checkpoint_chunk":
        values[place] = owners["checkpoint_part"]?[row[place]] ?? .null
      default: break
      }
    }
    return try RunTable.insert(values, columns, into: table.name, connection)
  }

  /// Makes it a run of the store, with its model and the datasets that aren't there yet.
  ///
  /// - Parameters:
  ///   - datasets: whose folders are there.
  ///   - committed: hears of the newest event that went ahead, and of those that came with the run, in the order of all
  ///     commits.
  /// - Throws: `StoreError.conflict` when another run, model or dataset has an id of these.
  public func commit(
    datasets: [DatasetRecord],
    committed: @escaping @Sendable (_ lastID: Int64, [StoredEvent]) -> Void
  ) async throws -> RunRecord {
    let (key, owner) = (RequestKey.current, Caller.owner)
    let (number, lastEvents, lastID) = (number, lastEvents, lastEventID)
    let (archived, run) = (archived, archived.run)
    let source = try Self.rows(of: archived)
    let made = try await store.write(
      { connection -> (run: RunRecord, events: [StoredEvent]) in
        try Self.checkIsNew(run.id, connection)
        let bytes = datasets.reduce(0) { $0 + $1.sizeBytes }
        try KeyRepository.checkRoom(for: bytes, of: owner, connection)
        for dataset in datasets { try Self.insert(dataset, of: owner, connection) }
        if let model = archived.model { try Self.insert(model, of: owner, connection) }
        try AnswerRepository.note(run.id, under: key, connection)
        for (table, columns, rows) in source {
          for var row in rows {
            for (place, column) in columns.enumerated() {
              switch column {
              case "run", "number": row[place] = number
              case "project": row[place] = owner.values[0]
              case "key": row[place] = owner.values[1]
              default: break
              }
            }
            try RunTable.insert(row, columns, into: table, connection)
          }
        }
        let events = try Self.events(lastEvents, of: run.id, number, connection)
        guard let record = try RunRepository.get(run.id, connection) else {
          throw StoreError(.corrupt, "run \(run.id) is gone")
        }
        return (record, events)
      }, committed: { committed(lastID, $0.events) })
    return made.run
  }

  /// Of the run itself and its datasets' roles.
  private static func rows(
    of archived: ArchivedRun
  ) throws -> [(table: String, columns: [String], rows: [[SQLiteValue]])] {
    let connection = try archived.open()
    return try ["run", "run_dataset"].map { table in
      let columns = try RunTable.columns(of: table, connection)
      let rows = try connection.query(
        "SELECT \(columns.joined(separator: ", ")) FROM \(table)"
      ) { row in (0..<row.count).map { row.value($0) } }
      return (table, columns, rows)
    }
  }

  private static func events(
    _ page: RunTable.Page, of run: RunID, _ number: SQLiteValue, _ connection: SQLiteConnection
  ) throws -> [StoredEvent] {
    guard let kind = page.columns.firstIndex(of: "kind"),
      let data = page.columns.firstIndex(of: "data")
    else { return [] }
    let events = page.rows.compactMap { row -> NewEvent? in
      guard case .text(let kind) = row[kind], case .text(let data) = row[data] else { return nil }
      return NewEvent(kind: kind, data: data)
    }
    return try EventLog.append(events, to: run, number, connection)
  }

  /// - Throws: `StoreError.conflict` for a run that is there already.
  static func checkIsNew(_ run: RunID, _ connection: SQLiteConnection) throws {
    guard try RunRepository.get(run, connection) == nil else {
      throw StoreError(
        .conflict, "run \(run) is here already; delete it if the archive is to take its place")
    }
  }

  private static func insert(
    _ dataset: DatasetRecord, of owner: Caller.Owner, _ connection: SQLiteConnection
  ) throws {
    guard try DatasetRepository.get(dataset.id, connection) != nil else {
      return try DatasetRepository.insert(dataset, of: owner, connection)
    }
    let scope = Caller.Scope(project: owner.project)
    let own = try DatasetRepository.get(dataset.id, in: scope, connection)
    guard own?.content == dataset.content else {
      throw StoreError(.conflict, "another dataset has the id \(dataset.id) here")
    }
  }

  private static func insert(
    _ model: ModelRecord, of owner: Caller.Owner, _ connection: SQLiteConnection
  ) throws {
    guard try ModelRepository.get(model.id, connection) != nil else {
      return try ModelRepository.insert(model, of: owner, connection)
    }
    let scope = Caller.Scope(project: owner.project)
    let own = try ModelRepository.get(model.id, in: scope, connection)
    guard own?.spec == model.spec else {
      throw StoreError(.conflict, "another model has the id \(model.id) here")
    }
  }

  /// Rows that went ahead of a run that isn't there.
  static let unowned = "run < 0 AND run NOT IN (SELECT number FROM run)"

  /// Removes such rows from every table that belongs to runs; what belongs to checkpoints goes with them.
  static func sweep(_ connection: SQLiteConnection) throws {
    for table in RunTable.all where table.belongsToRun {
      try connection.execute("DELETE FROM \(table.name) WHERE \(unowned)")
    }
  }
}

extension RunRepository {
  /// - Throws: `StoreError.conflict` for a run that is there.
  public func checkIsNew(_ run: RunID) async throws {
    try await store.read { try StagedRun.checkIsNew(run, $0) }
  }
}
