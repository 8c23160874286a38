import API
import Foundation
import JSON

/// `chainrule openapi`: the description of the API, made from the endpoint table.
enum WriteOpenAPI: Command {
  static let name = "openapi"
  static let summary = "Prints openapi.yaml, or writes it to a file."
  static let flags = FlagSet(command: name, fields: [output, format])

  private static let output = Field(
    "output", .described("a file"), "Where to write it; standard output when left out.")
  private static let format = Field(
    "format", .choice(["yaml", "json"]), default: "yaml", "In which of the two forms.")

  static func run(_ arguments: [String]) async throws {
    let (file, form) = try flags.read(arguments) { reader in
      (reader.string(output.name), reader.choice(format))
    }
    var text = OpenAPIDocument.yaml
    if form == "json" {
      var bytes: [UInt8] = []
      OpenAPIDocument.json.write(into: &bytes, pretty: true)
      text = String(decoding: bytes, as: UTF8.self) + "\n"
    }
    if let file {
      try text.write(toFile: file, atomically: true, encoding: .utf8)
    } else {
      print(text, terminator: "")
    }
  }
}
