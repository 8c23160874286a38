import API
import Foundation
import JSON

/// `chainrule docs`: the pages of the catalog, made from the sources' own comments.
enum WriteDocs: Command {
  static let name = "docs"
  static let summary = "Writes a page for each entry of the catalog."
  static let flags = FlagSet(command: name, fields: [sources, output])

  private static let sources = Field(
    "sources", .described("a folder"), default: "Sources", "Where the program's sources are.")
  private static let output = Field(
    "output", .described("a folder"), default: "docs/catalog",
    "Where to write the pages; what it has beside them is removed.")

  static func run(_ arguments: [String]) async throws {
    let (source, target) = try flags.read(arguments) { reader in
      (reader.string(sources.name) ?? "Sources", reader.string(output.name) ?? "docs/catalog")
    }
    let pages = try CatalogPages(sources: URL(filePath: source)).pages
    let folder = URL(filePath: target)
    try? FileManager.default.removeItem(at: folder)
    for (path, text) in pages {
      let file = folder.appending(path: path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
  }
}
