import Datasets
import Foundation
import JSON
import Store

/// `chainrule backup`: a verified copy of a data folder, also while a server uses it.
enum MakeBackup: Command {
  static let name = "backup"
  static let summary = "Copies a data folder and verifies the copy; a server may be using it."
  static let flags = FlagSet(command: name, fields: [DataFlag.field, to])

  private static let to = Field(
    "to", .described("a folder"),
    "The copy's name, or a folder that is there already, for one named by the backup's id.")

  static func run(_ arguments: [String]) async throws {
    let (data, to) = try flags.read(arguments) { reader in
      (DataFlag.folder(&reader), reader.string(Self.to.name))
    }
    guard let to else { throw UsageError("--to: say where the backup is to be") }
    let backup = try Backup.make(of: data, to: URL(filePath: to)) {
      _ = try Dataset.open(directory: $0)
    }
    let made = backup.manifest
    print(
      "chainrule: \(backup.folder.relativePath) holds \(made.datasets) datasets and \(made.runs) runs, \(made.bytes) bytes"
    )
  }
}
