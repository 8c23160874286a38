import Foundation
import JSON
import Store

/// `chainrule migrate`: brings the store to the schema of this version.
enum Migrate: Command {
  static let name = "migrate"
  static let summary = "Applies the migrations that the store lacks; serve does so too."
  static let flags = FlagSet(command: name, fields: [data])

  private static let data = Field(
    "data", .described("a folder"), default: "./data", "Where everything is kept.")

  static func run(_ arguments: [String]) async throws {
    let folder = try flags.read(arguments) { $0.string(data.name) ?? "./data" }
    _ = try Store(directory: URL(filePath: folder, directoryHint: .isDirectory), readers: 1)
    print("chainrule: the store in \(folder) is up to date")
  }
}
