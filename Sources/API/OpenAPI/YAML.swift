import JSON

/// Writes JSON values as YAML 1.2, in block style, the members in their order.
enum YAML {
  static func text(_ value: JSON) -> String {
    var text = ""
    write(value, indent: 0, into: &text)
    return text
  }

  private static func write(_ value: JSON, indent: Int, into text: inout String) {
    let margin = String(repeating: "  ", count: indent)
    switch value {
    case .object(let object) where !object.isEmpty:
      for (name, member) in object.members {
        text += margin + scalar(name) + ":"
        writeMember(member, indent: indent + 1, into: &text)
      }
    case .array(let elements) where !elements.isEmpty:
      for element in elements {
        // A block element begins on the dash's own line: its first margin becomes "- ".
        var block = ""
        if isBlock(element) {
          write(element, indent: indent + 1, into: &block)
          block.removeFirst((indent + 1) * 2)
        } else {
          block = flow(element) + "\n"
        }
        text += margin + "- " + block
      }
    default:
      text += margin + flow(value) + "\n"
    }
  }

  private static func writeMember(_ value: JSON, indent: Int, into text: inout String) {
    if isBlock(value) {
      text += "\n"
      write(value, indent: indent, into: &text)
    } else {
      text += " " + flow(value) + "\n"
    }
  }

  /// Whether a value takes lines of its own; arrays of scalars stay on one.
  private static func isBlock(_ value: JSON) -> Bool {
    switch value {
    case .object(let object): !object.isEmpty
    case .array(let elements): elements.contains { $0.object != nil || $0.array != nil }
    default: false
    }
  }

  private static func flow(_ value: JSON) -> String {
    switch value {
    case .string(let string): scalar(string)
    case .array(let elements): "[" + elements.map(flow).joined(separator: ", ") + "]"
    case .object: "{}"
    default: value.description
    }
  }

  /// Words that YAML 1.1 readers take for something other than a string.
  private static let reserved: Set<String> = [
    "true", "false", "null", "yes", "no", "on", "off", "y", "n",
  ]

  /// A string as a plain scalar where every reader agrees that it's one, else in double quotes.
  private static func scalar(_ string: String) -> String {
    let first = string.utf8.first ?? 0
    let isPlain =
      (isLetter(first) || first == UInt8(ascii: "/"))
      && string.utf8.allSatisfy { isLetter($0) || isDigit($0) || "/_.-{}".utf8.contains($0) }
      && !reserved.contains(string.lowercased())
    if isPlain { return string }
    var bytes: [UInt8] = []
    JSON.write(string, into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
