import Client
import Foundation
import JSON

/// `chainrule weights`: a run's weights as a file.
enum DownloadWeights: Command {
  static let name = "weights"
  static let summary = "Downloads a run's weights."
  static let flags = FlagSet(
    command: name, arguments: [RunArgument.field],
    fields: [checkpoint, format, output] + ClientFlags.fields,
    inEnvironment: ClientFlags.fields)

  private static let checkpoint = Field(
    "checkpoint", .described("a name"), default: "latest", "best, latest, initial, or a step.")
  private static let format = Field(
    "format", .choice(["safetensors", "npz"]), default: "safetensors", "Of the file.")
  private static let output = Field(
    "output", .described("a file"), "Where to write it; named for the run when left out.")

  static func run(_ arguments: [String]) async throws {
    let (word, checkpoint, format, output, flags) = try flags.read(arguments) { reader in
      (
        RunArgument.read(&reader), reader.string(Self.checkpoint.name) ?? "latest",
        reader.choice(Self.format), reader.string(Self.output.name), ClientFlags(&reader)
      )
    }
    let id = try await flags.run(word)
    let file = URL(filePath: output ?? "\(id).\(format)")
    let place = checkpoint.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    try await flags.client.download(
      "/v1/runs/\(id)/weights?checkpoint=\(place)&format=\(format)", to: file)
    Terminal.write("\(file.path(percentEncoded: false))\n")
  }
}
