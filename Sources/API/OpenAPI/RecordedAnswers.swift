import JSON

/// Answers that a server gave, for whoever reads the document; `scripts/examples` records them.
enum RecordedAnswers {
  /// By the names of the schemas that they have, and of the kinds of problem.
  static let all: [(name: String, value: JSON)] =
    (recorded.members.filter { $0.name != problems })
    + (recorded[problems]?.object?.members ?? [])

  /// Where an answer stands in the document.
  ///
  /// - Returns: `nil` where none was recorded of the schema.
  static func examples(of schema: Schema) -> JSON? {
    let prefix = "#/components/schemas/"
    guard let reference = schema.json["$ref"]?.string, reference.hasPrefix(prefix) else {
      return nil
    }
    return examples(named: String(reference.dropFirst(prefix.count)))
  }

  /// The same of a kind of problem.
  static func examples(of problem: ProblemKind) -> JSON? { examples(named: problem.rawValue) }

  static func value(named name: String) -> JSON? { all.first { $0.name == name }?.value }

  private static func examples(named name: String) -> JSON? {
    guard value(named: name) != nil else { return nil }
    return ["recorded": ["$ref": .string("#/components/examples/\(name)")]]
  }

  private static let problems = "problems"

  private static let recorded: JSONObject = {
    do throws(JSONSyntaxError) {
      return try JSON(parsing: PackageResources.answers_json).object ?? JSONObject()
    } catch {
      preconditionFailure("answers.json: \(error)")
    }
  }()
}
