import Training

/// How a histogram lies in the store: its exact figures, then its buckets as variable-length numbers.
///
/// Version, 5 sums as float64 (little endian), 8 counts, and per bucket the distance to the one before
/// and the count. A number takes 7 bits a byte, the lowest first, as in protocol buffers.
extension ValueHistogram {
  private static let version: UInt8 = 1

  public func encoded() -> [UInt8] {
    var bytes: [UInt8] = [Self.version]
    for sum in [minimum, maximum, sum, sumOfSquares] {
      withUnsafeBytes(of: sum.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
    let counts = [
      count, zeroCount, positiveUnderflowCount, negativeUnderflowCount, positiveOverflowCount,
      negativeOverflowCount, nanCount, positiveInfinityCount, negativeInfinityCount, buckets.count,
    ]
    for count in counts { Self.append(count, to: &bytes) }
    var last = 0
    for bucket in buckets {
      Self.append(bucket.index - last, to: &bytes)
      Self.append(bucket.count, to: &bytes)
      last = bucket.index
    }
    return bytes
  }

  /// - Returns: `nil` when these bytes are no histogram.
  public init?(encoded bytes: [UInt8]) {
    self.init()
    guard bytes.first == Self.version, bytes.count >= 33 else { return nil }
    func double(_ offset: Int) -> Double {
      bytes.withUnsafeBytes {
        Double(
          bitPattern: UInt64(
            littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
      }
    }
    (minimum, maximum, sum, sumOfSquares) = (double(1), double(9), double(17), double(25))
    var position = 33
    var counts: [Int] = []
    for _ in 0..<10 {
      guard let count = Self.number(bytes, &position) else { return nil }
      counts.append(count)
    }
    count = counts[0]
    zeroCount = counts[1]
    positiveUnderflowCount = counts[2]
    negativeUnderflowCount = counts[3]
    positiveOverflowCount = counts[4]
    negativeOverflowCount = counts[5]
    nanCount = counts[6]
    positiveInfinityCount = counts[7]
    negativeInfinityCount = counts[8]
    var index = 0
    for _ in 0..<counts[9] {
      guard let distance = Self.number(bytes, &position), let count = Self.number(bytes, &position)
      else { return nil }
      guard distance < 2 * Self.bucketsPerSign - index else { return nil }
      index += distance
      buckets.append(Bucket(index: index, count: count))
    }
  }

  private static func append(_ number: Int, to bytes: inout [UInt8]) {
    var rest = UInt64(max(number, 0))
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private static func number(_ bytes: [UInt8], _ position: inout Int) -> Int? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < bytes.count, shift < 63 {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return Int(value) }
      shift += 7
    }
    return nil
  }
}
