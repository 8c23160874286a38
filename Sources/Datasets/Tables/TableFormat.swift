import CTables

/// How the fields of a table are written.
public struct TableFormat: Hashable, Sendable {
  /// What stands before the fraction of a number.
  public enum Decimal: String, Hashable, Sendable, CaseIterable {
    case point, comma

    var byte: UInt8 { self == .point ? UInt8(ascii: ".") : UInt8(ascii: ",") }
  }

  /// What stands between groups of three digits.
  public enum Thousands: String, Hashable, Sendable, CaseIterable {
    case none, comma, point, space, apostrophe

    var byte: UInt8 {
      switch self {
      case .none: 0
      case .comma: UInt8(ascii: ",")
      case .point: UInt8(ascii: ".")
      case .space: UInt8(ascii: " ")
      case .apostrophe: UInt8(ascii: "'")
      }
    }
  }

  public var decimal = Decimal.point
  public var thousands = Thousands.none
  /// Words that stand for a missing value, beside those that always do; in this case of letters.
  public var missingWords: [String] = []

  /// Words beside `na`, `n/a`, `nan`, `null` and `?`, and bytes of each, at most.
  static let mostWords = Int(TB_MISSING_WORDS)
  static let longestWord = Int(TB_MISSING_WORD_BYTES)

  /// Numbers as JSON writes them.
  static let plain = TableFormat()

  /// The same for the loops.
  var native: tb_format {
    var format = tb_format()
    format.decimal = decimal.byte
    format.thousands = thousands.byte
    format.word_count = Int32(missingWords.count)
    for (index, word) in missingWords.enumerated() {
      withUnsafeMutableBytes(of: &format.word_lengths) { $0[index] = UInt8(word.utf8.count) }
      withUnsafeMutableBytes(of: &format.words) { bytes in
        let start = index * Self.longestWord
        bytes[start..<start + word.utf8.count].copyBytes(from: word.utf8)
      }
    }
    return format
  }
}
