import SQLite

/// What SQLite finds by itself.
enum DatabaseCheck {
  /// The structure of the file: pages, records, indices.
  static let integrity = StoreCheck(name: "integrity", needsSchema: false) { examination in
    try examination.connection.query("PRAGMA integrity_check(100)") { row in row.text(0) }
      .filter { $0 != "ok" }.map { fault in
        // An index can be made again of its table; nothing else can be made again.
        if fault.contains("index") && !fault.contains("page") {
          return StoreFault(
            "chainrule.sqlite", fault, remedy: "REINDEX makes it anew", repair: .reindex)
        }
        return StoreFault("chainrule.sqlite", fault, remedy: StoreFault.restoring)
      }
  }

  /// Rows that belong to others that aren't there; nothing leads to them.
  static let owners = StoreCheck(name: "foreign keys") { examination in
    let connection = examination.connection
    return try unowned(connection).sorted { $0.key.table < $1.key.table }.map { reference, count in
      let named = try connection.query("PRAGMA foreign_key_list(\(reference.table))") { row in
        (number: row.integer(0), parent: row.text(2), column: row.text(3), key: row.text(4))
      }.first { $0.number == reference.number }
      return StoreFault(
        "chainrule.sqlite",
        "\(count) rows of \(reference.table) belong to a row of \(named?.parent ?? "a table") that isn't there",
        remedy: "remove them, since nothing leads to them",
        repair: named.map {
          .removeUnowned(table: reference.table, column: $0.column, parent: $0.parent, key: $0.key)
        })
    }
  }

  /// How many rows of each reference belong to a row that isn't there, but for those of a run on its way into the store.
  static func unowned(_ connection: SQLiteConnection) throws -> [Reference: Int] {
    var counts: [Reference: Int] = [:]
    try connection.forEach("PRAGMA foreign_key_check") { row in
      counts[Reference(table: row.text(0), number: row.integer(3)), default: 0] += 1
      return true
    }
    let staged = RunTable.all.filter(\.belongsToRun).map(\.name)
    for reference in counts.keys where staged.contains(reference.table) {
      let others = try connection.first(
        "SELECT count(*) FROM \(reference.table) WHERE \(StagedRun.unowned)"
      ) { row in row.integer(0) }
      counts[reference, default: 0] -= others ?? 0
    }
    return counts.filter { $0.value > 0 }
  }

  struct Reference: Hashable {
    let table: String
    let number: Int
  }
}
