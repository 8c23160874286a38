import Foundation
import JSON

/// What the scripts of `Fixtures` wrote.
enum Fixture {
  static func json(_ name: String) -> JSON {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/\(name)")
    guard let data = try? Data(contentsOf: url), let json = try? JSON(parsing: data) else {
      return nil
    }
    return json
  }

  static func numbers(_ json: JSON?) -> [Double] { (json?.array ?? []).compactMap(\.double) }
  static func rows(_ json: JSON?) -> [[Double]] { (json?.array ?? []).map { numbers($0) } }
}
