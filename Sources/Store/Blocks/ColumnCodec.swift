import CZstd

/// Numbers of a column in few bytes, each exactly as it was.
///
/// Floats become integers that are ordered as they are; neighbours are subtracted, twice where that is smaller; what is left
/// is cut into planes of bytes. A plane is constant, or noise that is kept as it is, or something in between for zstd: each by
/// itself, since one table of codes for noise and structure together fits neither.
enum ColumnCodec {
  enum Element: UInt8, Sendable {
    case float32, float64, integer
  }

  /// How a plane of bytes lies in the block.
  private enum Mode {
    static let constant: UInt8 = 0
    static let plain: UInt8 = 1
    static let compressed: UInt8 = 2
  }

  private static let level: Int32 = 3

  static func encode(_ values: [Double], as element: Element, into bytes: inout [UInt8]) {
    var words = values.map { word($0, element) }
    // Rounded floats end in zeros.
    let shift = words.reduce(UInt64(0), |).trailingZeroBitCount
    let moved = UInt64(min(shift, 63))
    for index in words.indices { words[index] >>= moved }
    let once = differences(words)
    let twice = differences(once)
    let isTwice = width(twice) < width(once)
    let codes = (isTwice ? twice : once).map(zigzag)
    let planes = (UInt64.bitWidth - codes.reduce(0, |).leadingZeroBitCount + 7) / 8
    bytes.append(UInt8(planes) | (isTwice ? 0x80 : 0))
    bytes.append(UInt8(moved))
    for plane in 0..<planes {
      append(codes.map { UInt8(truncatingIfNeeded: $0 >> UInt64(8 * plane)) }, to: &bytes)
    }
  }

  private static func append(_ plane: [UInt8], to bytes: inout [UInt8]) {
    guard let first = plane.first else { return }
    if plane.allSatisfy({ $0 == first }) {
      bytes += [Mode.constant, first]
      return
    }
    let bound = ZSTD_compressBound(plane.count)
    let packed = [UInt8](unsafeUninitializedCapacity: bound) { place, initialized in
      let size = ZSTD_compress(place.baseAddress, bound, plane, plane.count, level)
      initialized = ZSTD_isError(size) != 0 ? 0 : size
    }
    // What zstd can't do, or not better, stays as it is.
    guard !packed.isEmpty, packed.count + 4 < plane.count else {
      bytes.append(Mode.plain)
      bytes += plane
      return
    }
    bytes.append(Mode.compressed)
    withUnsafeBytes(of: UInt32(packed.count).littleEndian) { bytes.append(contentsOf: $0) }
    bytes += packed
  }

  /// Reads a column of `count` numbers; `nil` when these bytes are none.
  static func decode(
    _ bytes: UnsafeRawBufferPointer, _ position: inout Int, count: Int, as element: Element
  ) -> [Double]? {
    guard position + 2 <= bytes.count else { return nil }
    let planes = Int(bytes[position] & 0x0F)
    let isTwice = bytes[position] & 0x80 != 0
    let moved = UInt64(bytes[position + 1])
    position += 2
    guard planes <= 8, moved < 64 else { return nil }
    // Zeros all over, as counts of what isn't finite mostly are.
    if planes == 0 { return [Double](repeating: number(0, element), count: count) }
    var codes = [UInt64](repeating: 0, count: count)
    var plane = [UInt8](repeating: 0, count: count)
    for index in 0..<planes where count > 0 {
      let shift = UInt64(8 * index)
      guard let constant = read(bytes, &position, into: &plane) else { return nil }
      codes.withUnsafeMutableBufferPointer { codes in
        if let byte = constant {
          if byte != 0 { for place in 0..<count { codes[place] |= UInt64(byte) << shift } }
        } else {
          plane.withUnsafeBufferPointer { plane in
            for place in 0..<count { codes[place] |= UInt64(plane[place]) << shift }
          }
        }
      }
    }
    // One loop each, so that none asks at every number what the column is.
    return switch element {
    case .float32: numbers(codes, moved, isTwice) { number($0, .float32) }
    case .float64: numbers(codes, moved, isTwice) { number($0, .float64) }
    case .integer: numbers(codes, moved, isTwice) { number($0, .integer) }
    }
  }

  /// Adds up differences, and makes numbers of the sums.
  @inline(__always)
  private static func numbers(
    _ codes: [UInt64], _ moved: UInt64, _ isTwice: Bool, _ number: (UInt64) -> Double
  ) -> [Double] {
    [Double](unsafeUninitializedCapacity: codes.count) { result, initialized in
      codes.withUnsafeBufferPointer { codes in
        var (sum, slope): (UInt64, UInt64) = (0, 0)
        if isTwice {
          for index in codes.indices {
            slope &+= unzigzag(codes[index])
            sum &+= slope
            result[index] = number(sum << moved)
          }
        } else {
          for index in codes.indices {
            sum &+= unzigzag(codes[index])
            result[index] = number(sum << moved)
          }
        }
      }
      initialized = codes.count
    }
  }

  /// Reads a plane; answers the byte when it's constant, `.some(nil)` when it was written, and `nil` for a fault.
  private static func read(
    _ bytes: UnsafeRawBufferPointer, _ position: inout Int, into plane: inout [UInt8]
  ) -> UInt8?? {
    guard position < bytes.count else { return nil }
    let mode = bytes[position]
    position += 1
    switch mode {
    case Mode.constant:
      guard position < bytes.count else { return nil }
      defer { position += 1 }
      return bytes[position]
    case Mode.plain:
      guard position + plane.count <= bytes.count else { return nil }
      plane.withUnsafeMutableBytes {
        $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[position..<position + $0.count]))
      }
      position += plane.count
      return .some(nil)
    case Mode.compressed:
      guard position + 4 <= bytes.count else { return nil }
      let size = Int(
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
      position += 4
      guard position + size <= bytes.count, let base = bytes.baseAddress else { return nil }
      let found = plane.withUnsafeMutableBytes {
        ZSTD_decompress($0.baseAddress, $0.count, base + position, size)
      }
      position += size
      return ZSTD_isError(found) == 0 && found == plane.count ? .some(nil) : nil
    default: return nil
    }
  }

  // MARK: - Words

  /// Integers in the order of the numbers.
  private static func word(_ value: Double, _ element: Element) -> UInt64 {
    switch element {
    case .integer: return UInt64(bitPattern: Int64(value))
    case .float32:
      let bits = Float(value).bitPattern
      return UInt64(bits >> 31 == 0 ? bits | 0x8000_0000 : ~bits & 0x7FFF_FFFF)
    case .float64:
      let bits = value.bitPattern
      return bits >> 63 == 0 ? bits | 0x8000_0000_0000_0000 : ~bits
    }
  }

  @inline(__always)
  private static func number(_ word: UInt64, _ element: Element) -> Double {
    switch element {
    case .integer: return Double(Int64(bitPattern: word))
    case .float32:
      let bits = UInt32(truncatingIfNeeded: word)
      return Double(
        Float(bitPattern: bits >> 31 == 1 ? bits & 0x7FFF_FFFF : ~bits | 0x8000_0000))
    case .float64:
      return Double(bitPattern: word >> 63 == 1 ? word & 0x7FFF_FFFF_FFFF_FFFF : ~word)
    }
  }

  private static func differences(_ words: [UInt64]) -> [UInt64] {
    var last: UInt64 = 0
    return words.map { word in
      defer { last = word }
      return word &- last
    }
  }

  /// The bits that all differences take together; the first is left out, since it is a number of its own.
  private static func width(_ differences: [UInt64]) -> Int {
    differences.dropFirst(2).reduce(0) {
      $0 + UInt64.bitWidth - zigzag($1).leadingZeroBitCount
    }
  }

  private static func zigzag(_ difference: UInt64) -> UInt64 {
    let signed = Int64(bitPattern: difference)
    return UInt64(bitPattern: signed << 1 ^ signed >> 63)
  }
  @inline(__always)
  private static func unzigzag(_ code: UInt64) -> UInt64 { code >> 1 ^ (0 &- (code & 1)) }
}
