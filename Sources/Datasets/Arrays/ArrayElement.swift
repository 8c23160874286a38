/// What the elements of an uploaded array are and how their bytes are ordered.
struct ArrayElement: Hashable {
  enum Kind: String, Hashable {
    case bool = "b1"
    case uint8 = "u1"
    case uint16 = "u2"
    case uint32 = "u4"
    case uint64 = "u8"
    case int8 = "i1"
    case int16 = "i2"
    case int32 = "i4"
    case int64 = "i8"
    case float16 = "f2"
    case float32 = "f4"
    case float64 = "f8"
    /// The upper half of a 32-bit float.
    case bfloat16 = "bf16"

    var byteCount: Int {
      switch self {
      case .bool, .uint8, .int8: 1
      case .uint16, .int16, .float16, .bfloat16: 2
      case .uint32, .int32, .float32: 4
      case .uint64, .int64, .float64: 8
      }
    }

    var isInteger: Bool {
      switch self {
      case .float16, .float32, .float64, .bfloat16: false
      default: true
      }
    }
  }

  let kind: Kind
  let isBigEndian: Bool

  var byteCount: Int { kind.byteCount }

  /// NumPy's name, such as `>f4`.
  var name: String { (byteCount == 1 ? "|" : isBigEndian ? ">" : "<") + kind.rawValue }

  /// Writes the values of `bytes` to `values`.
  ///
  /// - Precondition: `bytes` holds as many whole elements as `values` has room for.
  func decode(_ bytes: UnsafeRawBufferPointer, into values: UnsafeMutableBufferPointer<Double>) {
    precondition(bytes.count == values.count * byteCount)
    switch kind {
    case .bool: decode(bytes, values, UInt8.self) { $0 == 0 ? 0 : 1 }
    case .uint8: decode(bytes, values, UInt8.self) { Double($0) }
    case .uint16: decode(bytes, values, UInt16.self) { Double($0) }
    case .uint32: decode(bytes, values, UInt32.self) { Double($0) }
    case .uint64: decode(bytes, values, UInt64.self) { Double($0) }
    case .int8: decode(bytes, values, UInt8.self) { Double(Int8(bitPattern: $0)) }
    case .int16: decode(bytes, values, UInt16.self) { Double(Int16(bitPattern: $0)) }
    case .int32: decode(bytes, values, UInt32.self) { Double(Int32(bitPattern: $0)) }
    case .int64: decode(bytes, values, UInt64.self) { Double(Int64(bitPattern: $0)) }
    case .float16: decode(bytes, values, UInt16.self) { halfPrecision($0) }
    case .float32: decode(bytes, values, UInt32.self) { Double(Float(bitPattern: $0)) }
    case .float64: decode(bytes, values, UInt64.self) { Double(bitPattern: $0) }
    case .bfloat16:
      decode(bytes, values, UInt16.self) { Double(Float(bitPattern: UInt32($0) << 16)) }
    }
  }

  @inline(__always)
  private func decode<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ values: UnsafeMutableBufferPointer<Double>, _: Bits.Type,
    _ value: (Bits) -> Double
  ) {
    let size = MemoryLayout<Bits>.size
    for index in values.indices {
      let bits = bytes.loadUnaligned(fromByteOffset: index * size, as: Bits.self)
      values[index] = value(isBigEndian ? Bits(bigEndian: bits) : Bits(littleEndian: bits))
    }
  }
}

/// The value of an IEEE 754 half, by its bits; Swift's `Float16` isn't there on every platform.
func halfPrecision(_ bits: UInt16) -> Double {
  let exponent = Int(bits >> 10 & 0x1F)
  let fraction = Double(bits & 0x3FF)
  let magnitude: Double
  switch exponent {
  case 0: magnitude = fraction * 0x1p-24
  case 31: magnitude = fraction == 0 ? .infinity : .nan
  default:
    magnitude = (1024 + fraction) * Double(sign: .plus, exponent: exponent - 25, significand: 1)
  }
  return bits & 0x8000 == 0 ? magnitude : -magnitude
}
