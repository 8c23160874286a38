/// A literal of Python as far as the headers of NumPy's arrays use them.
///
/// Grammar: `dict | tuple | list | string | integer | True | False | None`, blanks anywhere between.
indirect enum PythonLiteral: Equatable {
  case dictionary([(key: String, value: PythonLiteral)])
  /// A tuple or a list.
  case sequence([PythonLiteral])
  case string(String)
  case integer(Int)
  case boolean(Bool)
  case none

  static func == (left: PythonLiteral, right: PythonLiteral) -> Bool {
    switch (left, right) {
    case (.dictionary(let a), .dictionary(let b)):
      a.count == b.count && zip(a, b).allSatisfy { $0.key == $1.key && $0.value == $1.value }
    case (.sequence(let a), .sequence(let b)): a == b
    case (.string(let a), .string(let b)): a == b
    case (.integer(let a), .integer(let b)): a == b
    case (.boolean(let a), .boolean(let b)): a == b
    case (.none, .none): true
    default: false
    }
  }

  /// Parses one literal that takes up all of `text`; `nil` when it's none.
  init?(parsing text: [UInt8]) {
    var parser = Parser(text: text)
    guard let value = parser.value(depth: 0) else { return nil }
    parser.skipBlanks()
    guard parser.position == text.count else { return nil }
    self = value
  }

  private struct Parser {
    let text: [UInt8]
    var position = 0

    var current: UInt8? { position < text.count ? text[position] : nil }

    mutating func skipBlanks() {
      while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
        position += 1
      }
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      skipBlanks()
      guard current == UInt8(ascii: character) else { return false }
      position += 1
      return true
    }

    mutating func value(depth: Int) -> PythonLiteral? {
      guard depth < 8 else { return nil }
      skipBlanks()
      guard let current else { return nil }
      switch current {
      case UInt8(ascii: "{"): return dictionary(depth: depth)
      case UInt8(ascii: "("): return sequence(closing: ")", depth: depth)
      case UInt8(ascii: "["): return sequence(closing: "]", depth: depth)
      case UInt8(ascii: "'"), UInt8(ascii: "\""): return string().map(PythonLiteral.string)
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return integer()
      default: return word()
      }
    }

    private mutating func dictionary(depth: Int) -> PythonLiteral? {
      position += 1
      var members: [(key: String, value: PythonLiteral)] = []
      while !take("}") {
        skipBlanks()
        guard let key = string(), !members.contains(where: { $0.key == key }), take(":"),
          let value = value(depth: depth + 1)
        else { return nil }
        members.append((key, value))
        if !take(",") {
          guard take("}") else { return nil }
          break
        }
      }
      return .dictionary(members)
    }

    private mutating func sequence(closing: Unicode.Scalar, depth: Int) -> PythonLiteral? {
      position += 1
      var elements: [PythonLiteral] = []
      while !take(closing) {
        guard let element = value(depth: depth + 1) else { return nil }
        elements.append(element)
        if !take(",") {
          guard take(closing) else { return nil }
          break
        }
      }
      return .sequence(elements)
    }

    private mutating func string() -> String? {
      guard let quote = current, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
        return nil
      }
      position += 1
      let start = position
      while let byte = current, byte != quote {
        // No name that a header needs has an escape in it.
        if byte == UInt8(ascii: "\\") || byte < 0x20 { return nil }
        position += 1
      }
      guard current == quote else { return nil }
      position += 1
      return String(validating: text[start..<position - 1], as: UTF8.self)
    }

    private mutating func integer() -> PythonLiteral? {
      let start = position
      position += 1
      while let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
        position += 1
      }
      let value = Int(String(decoding: text[start..<position], as: UTF8.self))
      // Python 2 wrote long integers with an L.
      if current == UInt8(ascii: "L") { position += 1 }
      return value.map(PythonLiteral.integer)
    }

    private mutating func word() -> PythonLiteral? {
      for (word, value) in [
        ("True", PythonLiteral.boolean(true)), ("False", .boolean(false)), ("None", .none),
      ]
      where text[position...].starts(with: word.utf8) {
        position += word.utf8.count
        return value
      }
      return nil
    }
  }
}
