import Datasets
import Foundation
import JSON
import Store

/// `chainrule restore`: a data folder made of a backup.
enum RestoreBackup: Command {
  static let name = "restore"
  static let summary = "Verifies a backup and makes a data folder of it."
  static let flags = FlagSet(command: name, fields: [DataFlag.field, from])

  private static let from = Field("from", .described("a folder"), "The backup.")

  static func run(_ arguments: [String]) async throws {
    let (data, from) = try flags.read(arguments) { reader in
      (DataFlag.folder(&reader), reader.string(Self.from.name))
    }
    guard let from else { throw UsageError("--from: say which backup to restore") }
    let backup = URL(filePath: from, directoryHint: .isDirectory)
    let made = try Backup.restore(from: backup, to: data) {
      _ = try Dataset.open(directory: $0)
    }
    print(
      "chainrule: \(data.relativePath) holds \(made.datasets) datasets and \(made.runs) runs, \(made.bytes) bytes"
    )
  }
}
