import Client
import Foundation
import JSON

/// `chainrule run`: data to the server, a run into its queue, and its progress to the terminal.
enum StartRun: Command {
  static let name = "run"
  static let summary = "Queues a run from a spec, with a data file or a dataset of the server."
  static let flags = FlagSet(
    command: name, arguments: [spec],
    fields: [data, dataset, options, runName, idempotency, watch] + ClientFlags.fields,
    inEnvironment: ClientFlags.fields)

  private static let spec = Field(
    "spec", .described("a file"), isRequired: true, "The run as JSON, as POST /v1/runs takes it.")
  private static let data = Field(
    "data", .described("a file"), "A file to upload and to train on.")
  private static let dataset = Field(
    "dataset", .described("an id"), "The dataset to train on, in place of the spec's.")
  private static let options = Field(
    "import", .described("options"),
    "How the file is read, as in a query: format=csv&target=label&header=true.")
  private static let runName = Field("name", .described("a name"), "What the run is called.")
  private static let idempotency = Field(
    "idempotency_key", .described("text"),
    "Makes a second call with the same key the first one again.")
  private static let watch = Field(
    "watch", .boolean, default: false,
    "Follows the run to its end; the exit status is 3 unless it succeeded.")

  static func run(_ arguments: [String]) async throws {
    let (file, data, dataset, options, name, key, isWatched, flags) = try flags.read(arguments) {
      reader in
      (
        reader.string(Self.spec.name) ?? "", reader.string(Self.data.name),
        reader.string(Self.dataset.name),
        reader.string(Self.options.name), reader.string(Self.runName.name),
        reader.string(Self.idempotency.name), reader.bool(Self.watch), ClientFlags(&reader)
      )
    }
    var document = try document(file)
    if let dataset { document["dataset"] = .string(dataset) }
    if let name { document["name"] = .string(name) }
    if let data { document["dataset"] = .string(try await upload(data, options, flags)) }
    let headers =
      [("Content-Type", "application/json")] + (key.map { [("Idempotency-Key", $0)] } ?? [])
    let answer = try await flags.client.send(
      "POST", "/v1/runs", headers: headers, body: .bytes(JSON.object(document).encoded()))
    let run = try JSON(parsing: answer)
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

  private static func document(_ file: String) throws -> JSONObject {
    guard let contents = FileManager.default.contents(atPath: file) else {
      throw CommandFailure("\(file) can't be read")
    }
    do throws(JSONSyntaxError) {
      if case .object(let object) = try JSON(parsing: contents) { return object }
    } catch {
      throw CommandFailure("\(file): \(error)")
    }
    throw CommandFailure("\(file) holds no JSON object")
  }

  /// - Returns: the dataset's id.
  static func upload(
    _ path: String, _ options: String?, _ flags: ClientFlags
  ) async throws -> String {
    let file = URL(filePath: path)
    let name = file.lastPathComponent.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
    let query = "name=\(name ?? "data")" + (options.map { "&\($0)" } ?? "")
    let made = try await flags.client.upload(file, to: "/v1/datasets?\(query)")
    guard let id = made["id"]?.string else { throw CommandFailure("no dataset was made") }
    if !flags.isJSON {
      FileHandle.standardError.write(
        Data("uploaded \(path): \(made["examples"]?.integer ?? 0) examples, \(id)\n".utf8))
    }
    return id
  }
}
