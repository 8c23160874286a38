import Datasets
import Foundation
import JSON
import Store

/// `chainrule doctor`: what is wrong with a data folder, a line each.
enum Examine: Command {
  static let name = "doctor"
  static let summary = "Examines a data folder, and repairs what can be without loss."
  static let flags = FlagSet(command: name, fields: [DataFlag.field, repair])

  private static let repair = Field(
    "repair", .boolean, default: false,
    "Keep a copy, then make every repair that loses nothing, and free unused pages.")

  /// Said at the end of the lines, as the reason of the exit status.
  private struct Unhealthy: Error, CustomStringConvertible {
    let folder: URL
    let count: Int

    var description: String {
      "\(folder.relativePath) isn't healthy: \(count) \(count == 1 ? "fault" : "faults")"
    }
  }

  static func run(_ arguments: [String]) async throws {
    let (data, isRepairing) = try flags.read(arguments) { reader in
      (DataFlag.folder(&reader), reader.bool(repair))
    }
    let doctor = Doctor(folder: data) { _ = try Dataset.open(directory: $0) }
    let report = try isRepairing ? doctor.repair() : doctor.examine()
    for note in report.notes { print(note) }
    for fault in report.faults { print(fault) }
    guard report.faults.isEmpty else {
      throw Unhealthy(folder: data, count: report.faults.count)
    }
    print("\(data.relativePath) is healthy")
  }
}
