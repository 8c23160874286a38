import Datasets
import JSON
import TerminalText

/// `chainrule split`: says once which examples of a dataset train, validate and test.
enum MakeSplit: Command {
  static let name = "split"
  static let summary =
    "Shares the examples of a dataset out among parts, and prints the split's id."
  static let flags = FlagSet(
    command: name, arguments: [dataset],
    fields: [type, column, validation, test, folds, seed, label] + ClientFlags.fields,
    inEnvironment: ClientFlags.fields)

  private static let dataset = Field(
    "dataset", .described("a dataset"), isRequired: true,
    "The dataset: its id, the beginning of one, or latest.")
  private static let type = Field(
    "type", .choice(SplitCatalog.entries.map(\.type)), default: "random",
    "By what examples are shared out.")
  private static let column = Field(
    "column", .described("a column"), "The column of the upload that it looks at.")
  private static let validation = Field(
    "validation", .described("a share"), "The share that validates; 0.2 when left out.")
  private static let test = Field(
    "test", .described("a share"), "The share that is for the test; none when left out.")
  private static let folds = Field(
    "folds", .described("a number"), "In place of shares, so many parts of one size.")
  private static let seed = Field(
    "seed", .integer(0...Int.max), default: 0, "By which what is random is drawn.")
  private static let label = Field("name", .described("a name"), "What to call it.")

  static func run(_ arguments: [String]) async throws {
    let (word, members, flags) = try flags.read(arguments) { reader in
      var members = JSONObject([
        ("type", .string(reader.choice(Self.type))), ("seed", .integer(reader.integer(Self.seed))),
      ])
      for field in [column, label] {
        if let text = reader.string(field.name) { members[field.name] = .string(text) }
      }
      for field in [validation, test, folds] {
        guard let text = reader.string(field.name) else { continue }
        // What the server doesn't take it tells, with the field's name.
        members[field.name] =
          Int(text).map(JSON.integer) ?? Double(text).map(JSON.number) ?? .string(text)
      }
      return (reader.string(Self.dataset.name) ?? "", members, ClientFlags(&reader))
    }
    var document = members
    document["dataset"] = .string(try await flags.dataset(word))
    let split = try await flags.client.post("/v1/splits", .object(document))
    if flags.isJSON { return Terminal.write(split) }
    Terminal.note(SplitLine.shares(split) + "\n")
    Terminal.write("\(split["id"]?.string ?? "")\n")
  }
}

/// `chainrule splits`: the newest splits, one a line.
enum ListSplits: Command {
  static let name = "splits"
  static let summary = "Lists the newest splits."
  static let flags = FlagSet(
    command: name, fields: [ClientFlags.limit] + ClientFlags.fields,
    inEnvironment: ClientFlags.fields)

  static func run(_ arguments: [String]) async throws {
    let (limit, flags) = try flags.read(arguments) {
      ($0.integer(ClientFlags.limit), ClientFlags(&$0))
    }
    let page = try await flags.client.json("GET", "/v1/splits?limit=\(limit)")
    if flags.isJSON { return Terminal.write(page) }
    var table = Table(["SPLIT", "NAME", "DATASET", "TYPE", "EXAMPLES"])
    for split in page["data"]?.array ?? [] {
      func text(_ name: String) -> String { split[name]?.string ?? "" }
      table.add([
        text("id"), text("name"), text("dataset"), text("type"), SplitLine.shares(split),
      ])
    }
    Terminal.write(table)
  }
}

/// A split in a few words.
private enum SplitLine {
  /// How many examples each part has, such as `train 80, validation 20`.
  static func shares(_ split: JSON) -> String {
    let counts: [String] =
      if let parts = split["counts"]?["folds"]?.array {
        ["\(parts.count) folds of \(parts.compactMap(\.integer).max() ?? 0)"]
      } else {
        (split["counts"]?.object?.members ?? []).compactMap { name, count in
          count.integer.flatMap { $0 > 0 ? "\(name) \($0)" : nil }
        }
      }
    let rest = split["left_out"]?.integer ?? 0
    return (counts + (rest > 0 ? ["\(rest) in none"] : [])).joined(separator: ", ")
  }
}
