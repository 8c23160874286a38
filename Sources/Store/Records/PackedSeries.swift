/// The values of a step's further series, as they are stored: 8 bytes each, little endian.
enum PackedSeries {
  static func packed(_ values: [Double]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * 8)
    for value in values {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  /// All of what `packed` made, whether finite or not.
  static func all(_ bytes: [UInt8]) -> [Double] {
    (0..<bytes.count / 8).map { position in
      bytes.withUnsafeBytes {
        Double(
          bitPattern: UInt64(
            littleEndian: $0.loadUnaligned(fromByteOffset: position * 8, as: UInt64.self)))
      }
    }
  }

  /// The value at a position of what `packed` made; `nil` when it is shorter, or the value isn't finite.
  static func unpacked(_ bytes: [UInt8], at position: Int) -> Double? {
    guard position >= 0, (position + 1) * 8 <= bytes.count else { return nil }
    let bits = bytes.withUnsafeBytes {
      UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: position * 8, as: UInt64.self))
    }
    let value = Double(bitPattern: bits)
    return value.isFinite ? value : nil
  }
}
