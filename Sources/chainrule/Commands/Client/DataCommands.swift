import JSON
import TerminalText

/// `chainrule upload`: a file as a dataset.
enum UploadData: Command {
  static let name = "upload"
  static let summary = "Uploads a file as a dataset, and prints its id."
  static let flags = FlagSet(
    command: name, arguments: [file], fields: DataFlags.sending + ClientFlags.fields,
    inEnvironment: ClientFlags.fields)

  private static let file = Field("file", .described("a file"), isRequired: true, "The data.")

  static func run(_ arguments: [String]) async throws {
    let (data, flags) = try flags.read(arguments) { reader in
      let file = reader.string(Self.file.name) ?? ""
      return (DataFlags(&reader, file: file), ClientFlags(&reader))
    }
    Terminal.write("\(try await data.upload(flags) ?? "")\n")
  }
}

/// `chainrule datasets`: what there is to train on.
enum ListDatasets: Command {
  static let name = "datasets"
  static let summary = "Lists the newest datasets."
  static let flags = FlagSet(
    command: name, fields: [ClientFlags.limit] + ClientFlags.fields,
    inEnvironment: ClientFlags.fields)

  static func run(_ arguments: [String]) async throws {
    let (limit, flags) = try flags.read(arguments) {
      ($0.integer(ClientFlags.limit), ClientFlags(&$0))
    }
    let page = try await flags.client.json("GET", "/v1/datasets?limit=\(limit)")
    if flags.isJSON { return Terminal.write(page) }
    var table = Table(["DATASET", "NAME", "FORMAT", "EXAMPLES", "BYTES", "CREATED"])
    for dataset in page["data"]?.array ?? [] {
      func text(_ name: String) -> String { dataset[name]?.string ?? "" }
      func count(_ name: String) -> String { String(dataset[name]?.integer ?? 0) }
      let created = String(text("created_at").prefix(19))
      table.add([
        text("id"), text("name"), text("format"), count("examples"), count("size_bytes"), created,
      ])
    }
    Terminal.write(table)
  }
}
