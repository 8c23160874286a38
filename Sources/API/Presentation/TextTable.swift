import JSON

/// Rows of a series as lines of text, in whichever form the client accepts.
enum TextTable {
  /// A line of `text/csv` (RFC 4180); `null` is an empty field.
  static func csvLine(_ fields: [JSON], into bytes: inout [UInt8]) {
    for (index, field) in fields.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      switch field {
      case .null: break
      case .number(let number) where !number.isFinite: break
      case .string(let text): appendQuoted(text, to: &bytes)
      default: field.write(into: &bytes)
      }
    }
    bytes.append(contentsOf: "\r\n".utf8)
  }

  /// A line of `application/x-ndjson`: an object with the columns' names.
  static func jsonLine(_ names: [String], _ fields: [JSON], into bytes: inout [UInt8]) {
    JSON.object(JSONObject(Array(zip(names, fields)))).write(into: &bytes)
    bytes.append(UInt8(ascii: "\n"))
  }

  private static func appendQuoted(_ text: String, to bytes: inout [UInt8]) {
    let special = text.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
    guard special else { return bytes.append(contentsOf: text.utf8) }
    bytes.append(0x22)
    for byte in text.utf8 {
      if byte == 0x22 { bytes.append(0x22) }
      bytes.append(byte)
    }
    bytes.append(0x22)
  }
}
