import Foundation
import JSON

/// The flag `--data`, which several sub-commands have.
enum DataFlag {
  static let field = Field(
    "data", .described("a folder"), default: "./data", "Where everything is kept.")

  static func folder(_ reader: inout ObjectReader) -> URL {
    URL(filePath: reader.string(field.name) ?? "./data", directoryHint: .isDirectory)
  }
}
