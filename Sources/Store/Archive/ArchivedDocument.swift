import JSON
import SQLite

/// A column of JSON, read as the server's own readers do.
struct ArchivedDocument {
  enum Form: String {
    case object = "an object"
    case array = "an array"
    case anything = "JSON"
  }

  let table: String
  let column: String
  var form = Form.object
  /// Members that are steps where they are integers.
  var steps: [String] = []

  static let all = [
    ArchivedDocument(table: "dataset", column: "description"),
    ArchivedDocument(table: "model", column: "spec"),
    ArchivedDocument(table: "run", column: "request"),
    ArchivedDocument(table: "run", column: "data"),
    ArchivedDocument(table: "run", column: "tags"),
    ArchivedDocument(table: "run", column: "metrics"),
    ArchivedDocument(table: "run", column: "best", form: .anything),
    ArchivedDocument(table: "run", column: "error", form: .anything),
    ArchivedDocument(table: "run", column: "needs"),
    ArchivedDocument(table: "run", column: "amendments", form: .array),
    ArchivedDocument(table: "run", column: "transfer"),
    ArchivedDocument(table: "run", column: "environment"),
    ArchivedDocument(table: "evaluation", column: "data"),
    ArchivedDocument(table: "activation", column: "data"),
    ArchivedDocument(table: "finding", column: "data", steps: ["from_step", "to_step"]),
    ArchivedDocument(table: "autopsy", column: "data", steps: ["step", "weights_step"]),
    ArchivedDocument(table: "event", column: "data"),
    ArchivedDocument(table: "checkpoint", column: "metric", form: .anything),
  ]

  private static let mostSteps = 1 << 40

  /// - Throws: `ArchiveError` for a row that can't be read so.
  func check(_ connection: SQLiteConnection) throws {
    try connection.forEach(
      "SELECT \(column) FROM \(table) WHERE \(column) IS NOT NULL"
    ) { row in
      guard let json = try? JSON(parsing: row.text(0)), isSound(json) else {
        throw ArchiveError("a row of its table \(table) has no \(column) that is \(form.rawValue)")
      }
      return true
    }
  }

  private func isSound(_ json: JSON) -> Bool {
    switch (form, json) {
    case (.object, .object), (.array, .array), (.anything, _): break
    default: return false
    }
    return steps.allSatisfy { name in
      json[name]?.integer.map { (0...Self.mostSteps).contains($0) } ?? true
    }
  }
}
