/// A value that goes into a statement.
public enum SQLiteValue: Hashable, Sendable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])

  public static func integer(_ value: Int) -> SQLiteValue { .integer(Int64(value)) }
  /// About how much memory it takes, in bytes.
  public var byteCount: Int {
    switch self {
    case .null, .integer, .real: 8
    case .text(let text): text.utf8.count
    case .blob(let bytes): bytes.count
    }
  }

  public static func optional(_ value: String?) -> SQLiteValue { value.map { .text($0) } ?? .null }
  public static func optional(_ value: Int?) -> SQLiteValue { value.map { .integer($0) } ?? .null }
  public static func optional(_ value: Double?) -> SQLiteValue { value.map { .real($0) } ?? .null }
}
