import API
import Foundation
import JSON

/// The flags of a sub-command, read from the command line, the environment and a file.
///
/// `--log-format`, `CHAINRULE_LOG_FORMAT` and the file's member `log_format` are the same flag; the
/// command line wins over the environment, and that over the file.
struct FlagSet {
  let command: String
  /// What stands without a flag, in this order; those that may be left out come last.
  var arguments: [Field] = []
  let fields: [Field]
  /// Flags that the environment may set; all of them with `nil`.
  var inEnvironment: [Field]?

  private static let config = Field(
    "config", .described("a file"), "A JSON file with flags as its members, such as \"log_format\"."
  )

  /// Reads flags and hands them to `body`, which reads each field once.
  ///
  /// - Throws: `UsageError` that names every fault and where it was said.
  func read<Result>(
    _ arguments: [String], environment: [String: String] = ProcessInfo.processInfo.environment,
    _ body: (inout ObjectReader) -> Result
  ) throws -> Result {
    var values = JSONObject()
    /// Where each value was said, for messages.
    var places: [String: String] = [:]
    let given = try parse(arguments)
    let variable = environment[variableName(FlagSet.config.name)]
    if let file = given[FlagSet.config.name] ?? variable {
      for (name, value) in try FlagSet.members(of: file) {
        values[name] = value
        places[name] = "\(file): \(name)"
      }
    }
    for field in fields {
      let isRead = inEnvironment?.contains(field) ?? true
      if isRead, let text = environment[variableName(field.name)] {
        values[field.name] = field.value(of: text)
        places[field.name] = variableName(field.name)
      }
      if let text = given[field.name] {
        values[field.name] = field.value(of: text)
        places[field.name] = flagName(field.name)
      }
    }
    for argument in self.arguments {
      places[argument.name] = argument.name.uppercased()
      if let text = given[argument.name] {
        values[argument.name] = argument.value(of: text)
      } else if argument.isRequired {
        throw UsageError(
          "\(argument.name.uppercased()) is missing; see chainrule \(command) --help")
      }
    }
    var reader = ObjectReader(.object(values))
    let result = body(&reader)
    let faults = reader.finish()
    if !faults.isEmpty {
      let lines = faults.all.map { fault in
        let name = String(fault.pointer.dropFirst())
        return "\(places[name] ?? flagName(name)): \(fault.detail)"
      }
      throw UsageError(lines.joined(separator: "\n"))
    }
    return result
  }

  /// The flags of a command line by their fields' names.
  private func parse(_ arguments: [String]) throws -> [String: String] {
    let known = fields + [FlagSet.config]
    var given: [String: String] = [:]
    var rest = arguments[...]
    var places = self.arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("--") else {
        guard let place = places.popFirst() else {
          let expected = self.arguments.isEmpty ? "expected a flag" : "is one argument too many"
          throw UsageError("\(argument): \(expected); see chainrule \(command) --help")
        }
        given[place.name] = argument
        continue
      }
      let parts = argument.dropFirst(2).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let flag = String(parts.first ?? "")
      guard let field = known.first(where: { flagName($0.name) == "--\(flag)" }) else {
        let names = known.map { String(flagName($0.name).dropFirst(2)) }
        throw UsageError(
          "--\(flag): unknown flag\(nearest(flag, among: names)); see chainrule \(command) --help")
      }
      if given[field.name] != nil { throw UsageError("--\(flag): is given twice") }
      if parts.count == 2 {
        given[field.name] = String(parts[1])
      } else if field.content == .boolean {
        given[field.name] = "true"
      } else if let value = rest.popFirst() {
        given[field.name] = value
      } else {
        throw UsageError("--\(flag): a value is missing")
      }
    }
    return given
  }

  private static func members(of file: String) throws -> [(name: String, value: JSON)] {
    guard let data = FileManager.default.contents(atPath: file) else {
      throw UsageError("--config: \(file) can't be read")
    }
    let json: JSON
    do throws(JSONSyntaxError) {
      json = try JSON(parsing: data)
    } catch {
      throw UsageError("--config: \(file): \(error)")
    }
    guard let object = json.object else {
      throw UsageError("--config: \(file) holds no JSON object")
    }
    return object.members
  }

  /// How it is called, such as `chainrule show RUN [FLAGS]`.
  var usage: String {
    let words = arguments.map { $0.isRequired ? $0.name.uppercased() : "[\($0.name.uppercased())]" }
    return (["chainrule", command] + words + ["[FLAGS]"]).joined(separator: " ")
  }

  /// Each flag as it is written with its value, and what it means.
  var entries: [(head: String, summary: String)] {
    (fields + [FlagSet.config]).map { field in
      let name = flagName(field.name)
      let value = FlagSet.placeholder(field)
      let standard = field.defaultValue.map { " (default \($0.string ?? "\($0)"))" } ?? ""
      return (
        value.isEmpty ? name : "\(name) \(value)",
        field.summary + (field.content == .boolean ? "" : standard)
      )
    }
  }

  /// What `--help` says.
  var help: String {
    let heads = arguments.map { (head: $0.name.uppercased(), summary: $0.summary) }
    let lines = (heads + entries).map { head, summary in
      "  \(head.padding(toLength: max(28, head.count), withPad: " ", startingAt: 0)) \(summary)"
    }
    return lines.joined(separator: "\n")
      + "\n\n\(environmentHelp)\n"
  }

  private var environmentHelp: String {
    guard let some = inEnvironment else {
      return fields.first.map {
        "Each flag is also an environment variable, such as \(variableName($0.name))."
      } ?? ""
    }
    return "The environment is read too: "
      + some.map { variableName($0.name) }.joined(separator: ", ")
      + "."
  }

  private static func placeholder(_ field: Field) -> String {
    switch field.content {
    case .boolean: ""
    case .integer, .number: "N"
    case .choice(let names): names.joined(separator: "|")
    case .described: field.name.uppercased().split(separator: "_").last.map(String.init) ?? "TEXT"
    }
  }
}

private func flagName(_ name: String) -> String { "--" + name.replacing("_", with: "-") }
private func variableName(_ name: String) -> String { "CHAINRULE_" + name.uppercased() }
