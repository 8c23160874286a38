import Foundation
import JSON
import Testing

extension Fixture {
  /// What pandas, NumPy, Pillow and scikit-learn say of the files in `Fixtures/formats`.
  static func format(_ name: String) throws -> JSON {
    let file = file("formats.json")
    return try #require(JSON(parsing: [UInt8](Data(contentsOf: file)))[name])
  }

  static func numbers(_ json: JSON?) -> [Double] { (json?.array ?? []).compactMap(\.double) }

  static func isNear(_ one: [Double], _ other: [Double], _ tolerance: Double = 1e-5) -> Bool {
    one.count == other.count
      && zip(one, other).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
  }
}
