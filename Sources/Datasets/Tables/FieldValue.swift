/// What the text of one field stands for.
enum FieldValue: Equatable {
  /// Nothing, or one of the words for it.
  case missing
  /// A finite number.
  case number(Double)
  /// A number too large, or infinity.
  case notFinite
  case text

  /// Words that mean a missing value, beside an empty field; in any case of letters.
  static let missingWords = ["na", "n/a", "nan", "null", "?"]
  private static let infinities = ["inf", "infinity", "+inf", "+infinity", "-inf", "-infinity"]

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let first = bytes.first else {
      self = .missing
      return
    }
    if first <= UInt8(ascii: "9"), first != UInt8(ascii: "?"), let value = decimalNumber(bytes) {
      self = value.isFinite ? .number(value) : .notFinite
      return
    }
    guard bytes.count <= 9 else {
      self = .text
      return
    }
    let word = String(decoding: bytes, as: UTF8.self).lowercased()
    if FieldValue.missingWords.contains(word) {
      self = .missing
    } else {
      self = FieldValue.infinities.contains(word) ? .notFinite : .text
    }
  }
}

/// Whether the text of a number is one of an integer: digits alone, after a sign perhaps.
func isInteger(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
  var digits = bytes[...]
  if let first = digits.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
    digits = digits.dropFirst()
  }
  return !digits.isEmpty && digits.count <= 18
    && digits.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
}

private let powersOfTen: [Double] = [
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
  1e18, 1e19, 1e20, 1e21, 1e22,
]

/// The double nearest to a decimal number such as `-12.5e3`; `nil` when the text is none.
///
/// Up to 15 digits and a power of ten up to 22 take one exact division or multiplication (Clinger
/// 1990, doi:10.1145/93542.93557); anything else goes through the standard library.
func decimalNumber(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
  var position = 0
  let count = bytes.count
  var isNegative = false
  if position < count, bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+")
  {
    isNegative = bytes[position] == UInt8(ascii: "-")
    position += 1
  }
  var mantissa: UInt64 = 0
  var significant = 0
  var digits = 0
  var exponent = 0
  var isFraction = false
  while position < count {
    let byte = bytes[position]
    if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
      digits += 1
      if isFraction { exponent -= 1 }
      if significant > 0 || byte != UInt8(ascii: "0") { significant += 1 }
      if significant <= 15 { mantissa = mantissa * 10 + UInt64(byte - UInt8(ascii: "0")) }
    } else if byte == UInt8(ascii: "."), !isFraction {
      isFraction = true
    } else {
      break
    }
    position += 1
  }
  guard digits > 0 else { return nil }
  if position < count {
    guard bytes[position] == UInt8(ascii: "e") || bytes[position] == UInt8(ascii: "E") else {
      return nil
    }
    position += 1
    var isSmall = false
    if position < count,
      bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+")
    {
      isSmall = bytes[position] == UInt8(ascii: "-")
      position += 1
    }
    guard position < count else { return nil }
    var power = 0
    while position < count {
      let byte = bytes[position]
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      power = min(100_000, power * 10 + Int(byte - UInt8(ascii: "0")))
      position += 1
    }
    exponent += isSmall ? -power : power
  }
  if significant <= 15, abs(exponent) <= 22 {
    let value = Double(mantissa)
    let scaled = exponent < 0 ? value / powersOfTen[-exponent] : value * powersOfTen[exponent]
    return isNegative ? -scaled : scaled
  }
  return Double(String(decoding: bytes, as: UTF8.self))
}
