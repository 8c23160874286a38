import Foundation
import JSON

/// A file with one JSON object, such as a run's spec.
enum DocumentFile {
  /// - Throws: `CommandFailure` that says where the file is no JSON.
  static func object(_ file: String) throws -> JSONObject {
    guard let contents = FileManager.default.contents(atPath: file) else {
      throw CommandFailure("\(file) can't be read")
    }
    do throws(JSONSyntaxError) {
      if case .object(let object) = try JSON(parsing: contents) { return object }
    } catch {
      throw CommandFailure("\(file): \(error)")
    }
    throw CommandFailure("\(file) holds no JSON object")
  }
}
