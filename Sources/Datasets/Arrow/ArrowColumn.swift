import CTables

/// The values of one column of a batch, where they lie.
struct ArrowColumn {
  /// Bits that say which values are there, and which of them a row has: `row · stride + offset`.
  struct Validity {
    let bits: UnsafeRawBufferPointer
    let stride: Int
    let offset: Int
  }

  var kind: ArrowField.Kind
  /// All of them must be set; none where nothing is missing.
  var validity: [Validity]
  /// Which value a row has.
  let stride: Int
  let offset: Int
  var data = UnsafeRawBufferPointer(start: nil, count: 0)
  /// Of texts.
  var offsets = UnsafeRawBufferPointer(start: nil, count: 0)
  /// Of views of texts.
  var others: [UnsafeRawBufferPointer] = []
  /// What the values are numbers of.
  var dictionary: ArrowDictionary?

  /// Whether the buffers hold so many values.
  func holds(_ count: Int) -> Bool {
    guard count > 0 else { return true }
    let bits: Int
    switch kind {
    case .null: return true
    case .bool: return data.count >= (count + 7) / 8
    case .text(let isLarge):
      let width = isLarge ? 8 : 4
      return count < offsets.count / width
    case .integer(let width, _), .float(let width), .decimal(let width, _): bits = width
    case .days: bits = 32
    case .time, .dayMilliseconds: bits = 64
    case .textView: bits = 128
    case .list, .structure: return false
    }
    return count <= data.count / (bits / 8)
  }

  /// Writes a row's value as text; nothing where it is missing.
  ///
  /// - Returns: `false` where the value contradicts its buffers.
  func write(row: Int, to buffer: inout FieldBuffer, field: Int) -> Bool {
    for one in validity {
      let place = row * one.stride + one.offset
      guard place >> 3 < one.bits.count else { return false }
      if one.bits[place >> 3] & 1 << UInt8(place & 7) == 0 { return true }
    }
    return write(value: row * stride + offset, to: &buffer, field: field)
  }

  private func write(value: Int, to buffer: inout FieldBuffer, field: Int) -> Bool {
    func load<Number: BitwiseCopyable>(_ type: Number.Type) -> Number {
      data.loadUnaligned(fromByteOffset: value * MemoryLayout<Number>.size, as: type)
    }
    if let dictionary {
      guard let index = integer(value) else { return false }
      return dictionary.write(Int(clamping: index), to: &buffer, field: field)
    }
    switch kind {
    case .null: break
    case .bool:
      let isSet = data[value >> 3] & 1 << UInt8(value & 7) != 0
      buffer.set(field, isSet ? "true" : "false")
    case .integer(64, false): buffer.set(field, load(UInt64.self).description)
    case .integer: buffer.set(field, (integer(value) ?? 0).description)
    case .float(16): buffer.set(field, tb_half(load(UInt16.self)).description)
    case .float(32): buffer.set(field, load(Float.self).description)
    case .float: buffer.set(field, load(Double.self).description)
    case .days: buffer.set(field, ISODate.text(days: Int(load(Int32.self))))
    case .dayMilliseconds:
      let day = ISODate.floored(load(Int64.self), 86_400_000).0
      buffer.set(field, ISODate.text(days: Int(day)))
    case .time(let units):
      buffer.set(field, ISODate.text(load(Int64.self), unitsPerSecond: units))
    case .decimal(let bits, let scale):
      let number: Int128 =
        bits == 32
        ? Int128(load(Int32.self)) : bits == 64 ? Int128(load(Int64.self)) : load(Int128.self)
      buffer.set(field, Self.decimal(number, scale: scale))
    case .text, .textView:
      guard let text = text(value), Self.isUTF8(text) else { return false }
      buffer.set(field, text)
    case .list, .structure: return false
    }
    return true
  }

  private func integer(_ value: Int) -> Int64? {
    func load<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type) -> Int64? {
      Int64(
        exactly: data.loadUnaligned(fromByteOffset: value * MemoryLayout<Number>.size, as: type))
    }
    switch kind {
    case .integer(8, true): return load(Int8.self)
    case .integer(16, true): return load(Int16.self)
    case .integer(32, true): return load(Int32.self)
    case .integer(64, true): return load(Int64.self)
    case .integer(8, false): return load(UInt8.self)
    case .integer(16, false): return load(UInt16.self)
    case .integer(32, false): return load(UInt32.self)
    case .integer(64, false): return load(UInt64.self)
    default: return nil
    }
  }

  private func text(_ value: Int) -> UnsafeRawBufferPointer? {
    let (source, start, end): (UnsafeRawBufferPointer, Int, Int)
    switch kind {
    case .text(true):
      source = data
      start = Int(offsets.loadUnaligned(fromByteOffset: value * 8, as: Int64.self))
      end = Int(offsets.loadUnaligned(fromByteOffset: value * 8 + 8, as: Int64.self))
    case .text(false):
      source = data
      start = Int(offsets.loadUnaligned(fromByteOffset: value * 4, as: Int32.self))
      end = Int(offsets.loadUnaligned(fromByteOffset: value * 4 + 4, as: Int32.self))
    default:
      let place = value * 16
      let count = Int(data.loadUnaligned(fromByteOffset: place, as: Int32.self))
      if (0...12).contains(count) {
        return UnsafeRawBufferPointer(rebasing: data[place + 4..<place + 4 + count])
      }
      let index = Int(data.loadUnaligned(fromByteOffset: place + 8, as: Int32.self))
      guard count >= 0, others.indices.contains(index) else { return nil }
      source = others[index]
      start = Int(data.loadUnaligned(fromByteOffset: place + 12, as: Int32.self))
      end = start + count
    }
    guard start >= 0, start <= end, end <= source.count else { return nil }
    return UnsafeRawBufferPointer(rebasing: source[start..<end])
  }

  private static func isUTF8(_ text: UnsafeRawBufferPointer) -> Bool {
    // Most texts are ASCII, eight bytes of which are seen at once.
    var place = 0
    while place + 8 <= text.count {
      let word = text.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      let zeros = (word &- 0x0101_0101_0101_0101) & ~word
      guard (word | zeros) & 0x8080_8080_8080_8080 == 0 else { break }
      place += 8
    }
    var check = UTF8Check()
    for byte in text[place...] {
      guard byte != 0, check.take(byte) else { return false }
    }
    return check.remaining == 0
  }

  /// A whole number times a power of ten.
  private static func decimal(_ number: Int128, scale: Int) -> String {
    let digits = "\(number.magnitude)"
    let sign = number < 0 ? "-" : ""
    if scale <= 0 {
      return sign + digits + String(repeating: "0", count: digits == "0" ? 0 : -scale)
    }
    let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
    return "\(sign)\(padded.dropLast(scale)).\(padded.suffix(scale))"
  }
}

/// The values that a column's numbers stand for.
final class ArrowDictionary {
  private let column: ArrowColumn
  private let count: Int
  /// Where the values lie.
  private let memory: ArrowMemory

  init(_ column: ArrowColumn, count: Int, memory: ArrowMemory) {
    (self.column, self.count, self.memory) = (column, count, memory)
  }

  func write(_ index: Int, to buffer: inout FieldBuffer, field: Int) -> Bool {
    (0..<count).contains(index) && column.write(row: index, to: &buffer, field: field)
  }
}

/// Dates and times as ISO 8601 writes them.
enum ISODate {
  /// - Parameter days: since 1970.
  static func text(days: Int) -> String {
    // Days since 0000-03-01, in eras of 400 years. Hinnant 2013, "chrono-Compatible Low-Level Date Algorithms".
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let day = shifted - era * 146_097
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
    let ofYear = day - (365 * year + year / 4 - year / 100)
    let month = (5 * ofYear + 2) / 153
    let civil = month < 10 ? month + 3 : month - 9
    return "\(padded(year + era * 400 + (civil <= 2 ? 1 : 0), 4))-\(padded(civil, 2))-"
      + padded(ofYear - (153 * month + 2) / 5 + 1, 2)
  }

  /// - Parameter time: since 1970, in UTC.
  static func text(_ time: Int64, unitsPerSecond: Int64) -> String {
    let (seconds, part) = floored(time, unitsPerSecond)
    let (days, second) = floored(seconds, 86_400)
    let clock =
      "\(padded(Int(second / 3_600), 2)):\(padded(Int(second / 60 % 60), 2)):\(padded(Int(second % 60), 2))"
    let digits = "\(unitsPerSecond)".count - 1
    let decimals = padded(Int(part), digits).reversed().drop { $0 == "0" }.reversed()
    let fraction = decimals.isEmpty ? "" : "." + String(decimals)
    return "\(text(days: Int(days)))T\(clock)\(fraction)"
  }

  static func floored(_ number: Int64, _ divisor: Int64) -> (Int64, Int64) {
    let (quotient, rest) = number.quotientAndRemainder(dividingBy: divisor)
    return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
  }

  private static func padded(_ number: Int, _ digits: Int) -> String {
    let text = "\(number.magnitude)"
    return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, digits - text.count))
      + text
  }
}
