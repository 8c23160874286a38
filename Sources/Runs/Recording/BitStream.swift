/// Writes numbers bit by bit, the highest bit first.
struct BitWriter {
  private var whole: [UInt8] = []
  /// Bits that fill no byte yet, the last one lowest.
  private var pending: UInt64 = 0
  private var pendingCount = 0

  /// What was written, the last byte filled up with zeros.
  var bytes: [UInt8] {
    pendingCount == 0
      ? whole : whole + [UInt8(truncatingIfNeeded: pending << UInt64(8 - pendingCount))]
  }

  /// The lowest bits of a number.
  mutating func append(_ value: UInt64, bits: Int) {
    guard bits <= 32 else {
      append(value >> 32, bits: bits - 32)
      append(value, bits: 32)
      return
    }
    pending = pending << UInt64(bits) | value & (1 << UInt64(bits) - 1)
    pendingCount += bits
    while pendingCount >= 8 {
      pendingCount -= 8
      whole.append(UInt8(truncatingIfNeeded: pending >> UInt64(pendingCount)))
    }
  }

  /// An exponential Golomb code: short for numbers below `2^order`, and growing by two bits an octave beyond.
  mutating func appendGolomb(_ value: UInt64, order: Int) {
    let quotient = (value >> UInt64(order)) + 1
    let width = UInt64.bitWidth - quotient.leadingZeroBitCount
    append(0, bits: width - 1)
    append(quotient, bits: width)
    append(value, bits: order)
  }
}

/// Reads what a `BitWriter` wrote.
struct BitReader {
  private let bytes: [UInt8]
  private var position: Int

  /// - Parameter start: the byte to begin at.
  init(_ bytes: [UInt8], at start: Int) {
    self.bytes = bytes
    position = start * 8
  }

  /// `nil` at the end.
  mutating func read(bits: Int) -> UInt64? {
    guard position + bits <= bytes.count * 8 else { return nil }
    var value: UInt64 = 0
    for _ in 0..<bits {
      value = value << 1 | UInt64(bytes[position / 8] >> UInt8(7 - position % 8) & 1)
      position += 1
    }
    return value
  }

  /// `nil` at the end, and for a number that no 63 bits hold.
  mutating func golomb(order: Int) -> UInt64? {
    var zeros = 0
    while true {
      guard let bit = read(bits: 1) else { return nil }
      if bit == 1 { break }
      zeros += 1
      guard zeros + order < 63 else { return nil }
    }
    guard let rest = read(bits: zeros), let low = read(bits: order) else { return nil }
    return ((1 << UInt64(zeros) | rest) - 1) << UInt64(order) | low
  }
}
