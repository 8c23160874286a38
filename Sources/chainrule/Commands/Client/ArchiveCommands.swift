import Foundation
import JSON
import TerminalText

/// `chainrule export`: a run as a file that another server takes.
enum ExportRun: Command {
  static let name = "export"
  static let summary = "Downloads a run that is over, with all it recorded, as an archive."
  static let flags = FlagSet(
    command: name, arguments: [RunArgument.field], fields: [output] + ClientFlags.fields,
    inEnvironment: ClientFlags.fields)

  private static let output = Field(
    "output", .described("a file"), "Where to write it; named for the run when left out.")

  static func run(_ arguments: [String]) async throws {
    let (word, output, flags) = try flags.read(arguments) { reader in
      (RunArgument.read(&reader), reader.string(Self.output.name), ClientFlags(&reader))
    }
    let id = try await flags.run(word)
    let file = URL(filePath: output ?? "\(id).tar.zst")
    try await flags.client.download("/v1/runs/\(id)/archive", to: file)
    Terminal.write("\(file.path(percentEncoded: false))\n")
  }
}

/// `chainrule import`: a run from another server's archive.
enum ImportRun: Command {
  static let name = "import"
  static let summary = "Uploads an archive that export made; the run keeps its id."
  static let flags = FlagSet(
    command: name, arguments: [file], fields: ClientFlags.fields,
    inEnvironment: ClientFlags.fields)

  private static let file = Field(
    "file", .described("a file"), isRequired: true, "The archive.")

  static func run(_ arguments: [String]) async throws {
    let (file, flags) = try flags.read(arguments) {
      ($0.string(Self.file.name) ?? "", ClientFlags(&$0))
    }
    let run = try await flags.client.upload(URL(filePath: file), to: "/v1/runs:import")
    if flags.isJSON { return Terminal.write(run) }
    Terminal.write(RunLine.table([run]))
  }
}
