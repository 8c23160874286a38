/// Why a text is not JSON, and where.
public struct JSONSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
  public let reason: String
  /// Counted from 1.
  public let line: Int
  /// Counted from 1, in bytes.
  public let column: Int

  public var description: String { "\(reason) at line \(line), column \(column)" }
}

/// What a parser accepts at most.
public struct JSONLimits: Sendable {
  /// How deep arrays and objects may nest.
  public var depth: Int
  /// How many values a text may hold in all.
  public var values: Int

  public init(depth: Int = 64, values: Int = 4_000_000) {
    self.depth = depth
    self.values = values
  }
}

extension JSON {
  /// Parses one JSON text of UTF-8.
  ///
  /// Stricter than many: a member's name may stand once in an object, nothing may follow the value,
  /// and invalid UTF-8 is an error rather than a replacement character.
  public init(
    parsing bytes: some Collection<UInt8>, limits: JSONLimits = JSONLimits()
  ) throws(JSONSyntaxError) {
    let copy = ContiguousArray(bytes)
    var parser = JSONParser(bytes: copy, limits: limits)
    self = try parser.parse()
  }

  public init(parsing text: String, limits: JSONLimits = JSONLimits()) throws(JSONSyntaxError) {
    try self.init(parsing: Array(text.utf8), limits: limits)
  }
}

private struct JSONParser {
  let bytes: ContiguousArray<UInt8>
  let limits: JSONLimits
  var position = 0
  var depth = 0
  var values = 0

  init(bytes: ContiguousArray<UInt8>, limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  mutating func parse() throws(JSONSyntaxError) -> JSON {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    let value = try parseValue()
    skipWhitespace()
    if position < bytes.count { throw fault("unexpected text after the value") }
    return value
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func fault(_ reason: String, at place: Int? = nil) -> JSONSyntaxError {
    let place = min(place ?? position, bytes.count)
    var line = 1
    var start = 0
    for index in 0..<place where bytes[index] == UInt8(ascii: "\n") {
      line += 1
      start = index + 1
    }
    return JSONSyntaxError(reason: reason, line: line, column: place - start + 1)
  }

  private mutating func skipWhitespace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func parseValue() throws(JSONSyntaxError) -> JSON {
    skipWhitespace()
    values += 1
    if values > limits.values { throw fault("more than \(limits.values) values") }
    guard let byte = current else { throw fault("the text ends where a value was expected") }
    switch byte {
    case UInt8(ascii: "{"):
      return try nested { (parser) throws(JSONSyntaxError) in try parser.parseObject() }
    case UInt8(ascii: "["):
      return try nested { (parser) throws(JSONSyntaxError) in try parser.parseArray() }
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
    case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
    case UInt8(ascii: "n"): return try parseWord("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
    default: throw fault("expected a value")
    }
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(JSONSyntaxError) -> JSON
  ) throws(JSONSyntaxError) -> JSON {
    depth += 1
    if depth > limits.depth { throw fault("nested more than \(limits.depth) levels deep") }
    defer { depth -= 1 }
    return try body(&self)
  }

  private mutating func parseObject() throws(JSONSyntaxError) -> JSON {
    position += 1
    var object = JSONObject()
    skipWhitespace()
    if current == UInt8(ascii: "}") {
      position += 1
      return .object(object)
    }
    while true {
      skipWhitespace()
      let start = position
      guard current == UInt8(ascii: "\"") else { throw fault("expected a member's name in quotes") }
      let name = try parseString()
      if object[name] != nil { throw fault("the member \"\(name)\" stands twice", at: start) }
      skipWhitespace()
      guard current == UInt8(ascii: ":") else { throw fault("expected ':'") }
      position += 1
      object[name] = try parseValue()
      skipWhitespace()
      switch current {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "}"):
        position += 1
        return .object(object)
      default: throw fault("expected ',' or '}'")
      }
    }
  }

  private mutating func parseArray() throws(JSONSyntaxError) -> JSON {
    position += 1
    var elements: [JSON] = []
    skipWhitespace()
    if current == UInt8(ascii: "]") {
      position += 1
      return .array(elements)
    }
    while true {
      elements.append(try parseValue())
      skipWhitespace()
      switch current {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "]"):
        position += 1
        return .array(elements)
      default: throw fault("expected ',' or ']'")
      }
    }
  }

  private mutating func parseWord(_ word: StaticString, _ value: JSON) throws(JSONSyntaxError)
    -> JSON
  {
    let length = word.utf8CodeUnitCount
    let matches =
      position + length <= bytes.count
      && (0..<length).allSatisfy { bytes[position + $0] == word.utf8Start[$0] }
    guard matches else { throw fault("expected a value") }
    position += length
    return value
  }

  private mutating func parseNumber() throws(JSONSyntaxError) -> JSON {
    let start = position
    var isInteger = true
    if current == UInt8(ascii: "-") { position += 1 }
    let leading = current
    try digits()
    if leading == UInt8(ascii: "0"), position - start > (bytes[start] == UInt8(ascii: "-") ? 2 : 1)
    {
      throw fault("a number can't start with 0", at: start)
    }
    if current == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      try digits()
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      isInteger = false
      position += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
      try digits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else {
      throw fault("the number \(text.prefix(40)) is too large", at: start)
    }
    return .number(value)
  }

  private mutating func digits() throws(JSONSyntaxError) {
    let start = position
    while let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
    if position == start { throw fault("expected a digit") }
  }

  private mutating func parseString() throws(JSONSyntaxError) -> String {
    let start = position
    position += 1
    var text: [UInt8] = []
    while true {
      guard let byte = current else { throw fault("a string that never ends", at: start) }
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw fault("invalid UTF-8 in a string", at: start)
        }
        return string
      case UInt8(ascii: "\\"):
        try parseEscape(into: &text)
      case 0..<0x20:
        throw fault("a control character in a string must be escaped", at: position - 1)
      default:
        text.append(byte)
      }
    }
  }

  private mutating func parseEscape(into text: inout [UInt8]) throws(JSONSyntaxError) {
    guard let byte = current else { throw fault("a string that never ends") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = try parseHex()
      if (0xD800..<0xDC00).contains(code) {
        guard current == UInt8(ascii: "\\"), position + 1 < bytes.count,
          bytes[position + 1] == UInt8(ascii: "u")
        else { throw fault("half of a surrogate pair") }
        position += 2
        let low = try parseHex()
        guard (0xDC00..<0xE000).contains(low) else { throw fault("half of a surrogate pair") }
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw fault("half of a surrogate pair") }
      text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    default:
      throw fault("unknown escape", at: position - 1)
    }
  }

  private mutating func parseHex() throws(JSONSyntaxError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw fault("expected four hexadecimal digits")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }
}
