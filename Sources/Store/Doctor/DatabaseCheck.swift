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
    let rows = try connection.query("PRAGMA foreign_key_check") { row in
      Reference(table: row.text(0), number: row.integer(3))
    }
    let counts = Dictionary(rows.map { ($0, 1) }, uniquingKeysWith: +)
    return try counts.sorted { $0.key.table < $1.key.table }.map { reference, count in
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

  private struct Reference: Hashable {
    let table: String
    let number: Int
  }
}
