import Training

/// How a histogram lies in the store.
///
/// Version 2: the version; extremes as float32 where that is exact; sums as float64; the counts of what is no bucket, those
/// that are 0 left out; and the buckets as bits. A bucket's count differs from its neighbour's by about its square root, so
/// the difference takes an exponential Golomb code of half as many bits. Version 1, which is still read, had the buckets as
/// variable-length numbers.
extension ValueHistogram {
  private static let version: UInt8 = 2
  private static let firstVersion: UInt8 = 1

  public func encoded() -> [UInt8] {
    var bytes: [UInt8] = [Self.version]
    let special = specialCounts
    var present = 0
    for (index, count) in special.enumerated() where count > 0 { present |= 1 << index }
    let areFloats = [minimum, maximum].allSatisfy {
      Double(Float($0)).bitPattern == $0.bitPattern
    }
    Self.append(present << 1 | (areFloats ? 1 : 0), to: &bytes)
    for extreme in [minimum, maximum] {
      if areFloats {
        withUnsafeBytes(of: Float(extreme).bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
      } else {
        withUnsafeBytes(of: extreme.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
      }
    }
    for sum in [sum, sumOfSquares] {
      withUnsafeBytes(of: sum.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
    Self.append(count, to: &bytes)
    for count in special where count > 0 { Self.append(count, to: &bytes) }
    Self.append(buckets.count, to: &bytes)
    var bits = BitWriter()
    var place = 0
    var last = 0
    for bucket in buckets {
      bits.appendGolomb(UInt64(bucket.index - place), order: 0)
      let difference = Int64(bucket.count) - Int64(last)
      bits.appendGolomb(Self.zigzag(difference), order: Self.order(last))
      place = bucket.index + 1
      last = bucket.count
    }
    return bytes + bits.bytes
  }

  /// - Returns: `nil` when these bytes are no histogram.
  public init?(encoded bytes: [UInt8]) {
    self.init()
    switch bytes.first {
    case Self.version:
      guard readCurrent(bytes) else { return nil }
    case Self.firstVersion:
      guard readFirst(bytes) else { return nil }
    default: return nil
    }
  }

  /// In the order of their bits.
  private var specialCounts: [Int] {
    [
      zeroCount, positiveUnderflowCount, negativeUnderflowCount, positiveOverflowCount,
      negativeOverflowCount, nanCount, positiveInfinityCount, negativeInfinityCount,
    ]
  }

  private mutating func setSpecialCounts(_ counts: [Int]) {
    zeroCount = counts[0]
    positiveUnderflowCount = counts[1]
    negativeUnderflowCount = counts[2]
    positiveOverflowCount = counts[3]
    negativeOverflowCount = counts[4]
    nanCount = counts[5]
    positiveInfinityCount = counts[6]
    negativeInfinityCount = counts[7]
  }

  private mutating func readCurrent(_ bytes: [UInt8]) -> Bool {
    var position = 1
    guard let flags = Self.number(bytes, &position), flags >> 1 < 256 else { return false }
    func float() -> Double? {
      guard position + 4 <= bytes.count else { return nil }
      defer { position += 4 }
      return bytes.withUnsafeBytes {
        Double(
          Float(
            bitPattern: UInt32(
              littleEndian: $0.loadUnaligned(fromByteOffset: position, as: UInt32.self))))
      }
    }
    func double() -> Double? {
      guard position + 8 <= bytes.count else { return nil }
      defer { position += 8 }
      return Self.double(bytes, position)
    }
    let areFloats = flags & 1 == 1
    guard let minimum = areFloats ? float() : double(),
      let maximum = areFloats ? float() : double(), let sum = double(), let squares = double(),
      let count = Self.number(bytes, &position)
    else { return false }
    (self.minimum, self.maximum, self.sum, sumOfSquares) = (minimum, maximum, sum, squares)
    self.count = count
    var special = [Int](repeating: 0, count: 8)
    for index in special.indices where flags >> (index + 1) & 1 == 1 {
      guard let count = Self.number(bytes, &position) else { return false }
      special[index] = count
    }
    setSpecialCounts(special)
    guard let number = Self.number(bytes, &position), number <= 2 * Self.bucketsPerSign else {
      return false
    }
    var bits = BitReader(bytes, at: position)
    var place = 0
    var last = 0
    for _ in 0..<number {
      guard let distance = bits.golomb(order: 0), let code = bits.golomb(order: Self.order(last)),
        distance < UInt64(max(0, 2 * Self.bucketsPerSign - place))
      else { return false }
      let (count, overflow) = Int64(last).addingReportingOverflow(Self.unzigzag(code))
      guard !overflow, count >= 0 else { return false }
      place += Int(distance)
      buckets.append(Bucket(index: place, count: Int(count)))
      place += 1
      last = Int(count)
    }
    return true
  }

  private mutating func readFirst(_ bytes: [UInt8]) -> Bool {
    guard bytes.count >= 33 else { return false }
    (minimum, maximum) = (Self.double(bytes, 1), Self.double(bytes, 9))
    (sum, sumOfSquares) = (Self.double(bytes, 17), Self.double(bytes, 25))
    var position = 33
    var counts: [Int] = []
    for _ in 0..<10 {
      guard let count = Self.number(bytes, &position) else { return false }
      counts.append(count)
    }
    count = counts[0]
    setSpecialCounts(Array(counts[1...8]))
    var index = 0
    for _ in 0..<counts[9] {
      guard let distance = Self.number(bytes, &position), let count = Self.number(bytes, &position)
      else { return false }
      guard distance < 2 * Self.bucketsPerSign - index else { return false }
      index += distance
      buckets.append(Bucket(index: index, count: count))
    }
    return true
  }

  // MARK: - Numbers

  /// Half the bits of the neighbour's count.
  private static func order(_ count: Int) -> Int {
    (Int.bitWidth - count.leadingZeroBitCount) / 2
  }

  private static func zigzag(_ value: Int64) -> UInt64 {
    UInt64(bitPattern: value << 1 ^ value >> 63)
  }
  private static func unzigzag(_ code: UInt64) -> Int64 {
    Int64(bitPattern: code >> 1) ^ -Int64(bitPattern: code & 1)
  }

  private static func double(_ bytes: [UInt8], _ offset: Int) -> Double {
    bytes.withUnsafeBytes {
      Double(
        bitPattern: UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
    }
  }

  /// 7 bits a byte, the lowest first, as in protocol buffers.
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
