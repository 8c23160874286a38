import JSON
import TerminalText

/// `chainrule sweep`: many runs of one request, that differ in some places.
enum StartSweep: Command {
  static let name = "sweep"
  static let summary = "Queues the runs of a sweep, with a data file or a dataset of the server."
  static let flags = FlagSet(
    command: name, arguments: [spec],
    fields: [dataset, watch] + DataFlags.fields + ClientFlags.fields,
    inEnvironment: ClientFlags.fields)

  private static let spec = Field(
    "spec", .described("a file"), isRequired: true,
    "The sweep as JSON, as POST /v1/sweeps takes it.")
  private static let dataset = Field(
    "dataset", .described("an id"), "The dataset to train on, in place of the spec's.")
  private static let watch = Field(
    "watch", .boolean, default: false, "Waits until every run is over, and compares them.")

  static func run(_ arguments: [String]) async throws {
    let (file, dataset, isWatched, data, flags) = try flags.read(arguments) { reader in
      (
        reader.string(Self.spec.name) ?? "", reader.string(Self.dataset.name),
        reader.bool(Self.watch), DataFlags(&reader), ClientFlags(&reader)
      )
    }
    var document = try DocumentFile.object(file)
    if let chosen = try await data.upload(flags) ?? dataset {
      var run = document["run"]?.object ?? JSONObject()
      run["dataset"] = .string(chosen)
      document["run"] = .object(run)
    }
    let sweep = try await flags.client.post("/v1/sweeps", .object(document))
    let id = sweep["id"]?.string ?? ""
    if isWatched {
      try await CompareSweep.show(try await over(id, flags), flags)
    } else if flags.isJSON {
      Terminal.write(sweep)
    } else {
      Terminal.write("\(id) has \(SweepLine.counts(sweep).total) runs\n")
    }
  }

  /// The sweep once its runs are over; a line tells how many are, where somebody looks.
  private static func over(_ id: String, _ flags: ClientFlags) async throws -> JSON {
    let interruption = Terminal.onInterrupt(
      tell: "\(id) goes on; chainrule compare \(id) looks again, chainrule cancel \(id) ends it")
    defer { interruption.cancel() }
    while true {
      let sweep = try await flags.client.json("GET", "/v1/sweeps/\(id)")
      let isOver = sweep["state"] == "finished"
      if Terminal.isNoteWatched {
        let (over, total) = SweepLine.counts(sweep)
        Terminal.note("\r\u{1B}[K\(id): \(over) of \(total) runs are over\(isOver ? "\n" : "")")
      }
      if isOver { return sweep }
      try await Task.sleep(for: .seconds(1))
    }
  }
}

/// `chainrule sweeps`: the newest sweeps, one a line.
enum ListSweeps: Command {
  static let name = "sweeps"
  static let summary = "Lists the newest sweeps."
  static let flags = FlagSet(
    command: name, fields: [ClientFlags.limit] + ClientFlags.fields,
    inEnvironment: ClientFlags.fields)

  static func run(_ arguments: [String]) async throws {
    let (limit, flags) = try flags.read(arguments) {
      ($0.integer(ClientFlags.limit), ClientFlags(&$0))
    }
    let page = try await flags.client.json("GET", "/v1/sweeps?limit=\(limit)")
    if flags.isJSON { return Terminal.write(page) }
    Terminal.write(SweepLine.table(page["data"]?.array ?? []))
  }
}

/// `chainrule compare`: the runs of a sweep side by side.
enum CompareSweep: Command {
  static let name = "compare"
  static let summary = "Compares the runs of a sweep, the best first."
  static let flags = FlagSet(
    command: name, arguments: [sweep], fields: ClientFlags.fields,
    inEnvironment: ClientFlags.fields)

  private static let sweep = Field(
    "sweep", .described("a sweep"), isRequired: true,
    "The sweep: its id, the beginning of one, or latest.")

  static func run(_ arguments: [String]) async throws {
    let (word, flags) = try flags.read(arguments) {
      ($0.string(Self.sweep.name) ?? "", ClientFlags(&$0))
    }
    let id = try await flags.sweep(word)
    try await show(try await flags.client.json("GET", "/v1/sweeps/\(id)"), flags)
  }

  /// Prints a sweep's runs.
  static func show(_ sweep: JSON, _ flags: ClientFlags) async throws {
    let runs = try await flags.client.rows("/v1/sweeps/\(sweep["id"]?.string ?? "")/runs")
    if flags.isJSON { return Terminal.write(.array(runs)) }
    Terminal.write(SweepLine.comparison(runs, of: sweep))
  }
}
