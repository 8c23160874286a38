extension JSON: CustomStringConvertible {
  /// The value as compact JSON text.
  public var description: String { String(decoding: encoded(), as: UTF8.self) }

  /// The value as UTF-8; `pretty` breaks lines and indents by two spaces.
  public func encoded(pretty: Bool = false) -> [UInt8] {
    var bytes: [UInt8] = []
    write(into: &bytes, pretty: pretty, indent: 0)
    return bytes
  }

  /// Appends the value's UTF-8 text.
  public func write(into bytes: inout [UInt8], pretty: Bool = false, indent: Int = 0) {
    switch self {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): bytes.append(contentsOf: String(value).utf8)
    case .number(let value): JSON.write(value, into: &bytes)
    case .string(let value): JSON.write(value, into: &bytes)
    case .array(let elements):
      // An array of scalars stays on one line: series and shapes are read as rows.
      let flat = pretty && elements.allSatisfy { $0.array == nil && $0.object == nil }
      JSON.writeSequence(
        elements, "[", "]", into: &bytes, pretty: pretty && !flat, indent: indent
      ) { element, bytes in
        element.write(into: &bytes, pretty: pretty, indent: indent + 1)
      }
    case .object(let object):
      JSON.writeSequence(
        object.members, "{", "}", into: &bytes, pretty: pretty, indent: indent
      ) { member, bytes in
        JSON.write(member.name, into: &bytes)
        bytes.append(UInt8(ascii: ":"))
        if pretty { bytes.append(UInt8(ascii: " ")) }
        member.value.write(into: &bytes, pretty: pretty, indent: indent + 1)
      }
    }
  }

  /// The shortest digits that read back as the same double; what isn't finite is `null`.
  public static func write(_ value: Double, into bytes: inout [UInt8]) {
    if value.isFinite {
      bytes.append(contentsOf: value.description.utf8)
    } else {
      bytes.append(contentsOf: "null".utf8)
    }
  }

  /// Appends a JSON string with what must be escaped escaped.
  public static func write(_ value: String, into bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    if value.utf8.contains(where: isEscaped) {
      writeEscaped(value, into: &bytes)
    } else {
      bytes.append(contentsOf: value.utf8)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func isEscaped(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F
  }

  private static func writeEscaped(_ value: String, into bytes: inout [UInt8]) {
    let hex = Array("0123456789abcdef".utf8)
    for byte in value.utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
      case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
      case 0x0A: bytes.append(contentsOf: "\\n".utf8)
      case 0x0D: bytes.append(contentsOf: "\\r".utf8)
      case 0x09: bytes.append(contentsOf: "\\t".utf8)
      case 0..<0x20, 0x7F:
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(hex[Int(byte >> 4)])
        bytes.append(hex[Int(byte & 15)])
      default: bytes.append(byte)
      }
    }
  }

  private static func writeSequence<Element>(
    _ elements: [Element], _ open: Unicode.Scalar, _ close: Unicode.Scalar,
    into bytes: inout [UInt8], pretty: Bool, indent: Int,
    _ writeElement: (Element, inout [UInt8]) -> Void
  ) {
    bytes.append(UInt8(ascii: open))
    for (index, element) in elements.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      if pretty { breakLine(into: &bytes, indent: indent + 1) }
      writeElement(element, &bytes)
    }
    if pretty, !elements.isEmpty { breakLine(into: &bytes, indent: indent) }
    bytes.append(UInt8(ascii: close))
  }

  private static func breakLine(into bytes: inout [UInt8], indent: Int) {
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent * 2))
  }
}
