import Client
import JSON

/// `chainrule run`: data to the server, a run into its queue, and its progress to the terminal.
enum StartRun: Command {
  static let name = "run"
  static let summary = "Queues a run from a spec, with a data file or a dataset of the server."
  static let flags = FlagSet(
    command: name, arguments: [spec],
    fields: [dataset, runName, idempotency, watch] + DataFlags.fields + ClientFlags.fields,
    inEnvironment: ClientFlags.fields)

  private static let spec = Field(
    "spec", .described("a file"), isRequired: true, "The run as JSON, as POST /v1/runs takes it.")
  private static let dataset = Field(
    "dataset", .described("an id"), "The dataset to train on, in place of the spec's.")
  private static let runName = Field("name", .described("a name"), "What the run is called.")
  private static let idempotency = Field(
    "idempotency_key", .described("text"),
    "Makes a second call with the same key the first one again.")
  private static let watch = Field(
    "watch", .boolean, default: false,
    "Follows the run to its end; the exit status is 3 unless it succeeded.")

  static func run(_ arguments: [String]) async throws {
    let (file, dataset, name, key, isWatched, data, flags) = try flags.read(arguments) { reader in
      (
        reader.string(Self.spec.name) ?? "", reader.string(Self.dataset.name),
        reader.string(Self.runName.name), reader.string(Self.idempotency.name),
        reader.bool(Self.watch), DataFlags(&reader), ClientFlags(&reader)
      )
    }
    var document = try DocumentFile.object(file)
    if let dataset { document["dataset"] = .string(dataset) }
    if let name { document["name"] = .string(name) }
    if let uploaded = try await data.upload(flags) { document["dataset"] = .string(uploaded) }
    let run = try await flags.client.post(
      "/v1/runs", .object(document), headers: key.map { [("Idempotency-Key", $0)] } ?? [])
    let id = run["id"]?.string ?? ""
    if isWatched {
      if !flags.isJSON { Terminal.write("\(id)\n") }
      try await WatchRun.follow(id, flags)
    } else if flags.isJSON {
      Terminal.write(run)
    } else {
      Terminal.write("\(id) is \(run["state"]?.string ?? "")\n")
    }
  }
}
