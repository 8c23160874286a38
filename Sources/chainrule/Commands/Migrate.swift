import Foundation
import JSON
import Store

/// `chainrule migrate`: brings the store to the schema of this version.
enum Migrate: Command {
  static let name = "migrate"
  static let summary = "Applies the migrations that the store lacks; serve does so too."
  static let flags = FlagSet(command: name, fields: [DataFlag.field])

  static func run(_ arguments: [String]) async throws {
    let folder = try flags.read(arguments) { DataFlag.folder(&$0) }
    _ = try Store(directory: folder, readers: 1)
    print("chainrule: the store in \(folder.relativePath) is up to date")
  }
}
