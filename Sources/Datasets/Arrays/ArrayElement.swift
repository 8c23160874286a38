import CTables

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

    fileprivate var native: tb_element {
      switch self {
      case .bool: TB_BOOL
      case .uint8: TB_U8
      case .uint16: TB_U16
      case .uint32: TB_U32
      case .uint64: TB_U64
      case .int8: TB_I8
      case .int16: TB_I16
      case .int32: TB_I32
      case .int64: TB_I64
      case .float16: TB_F16
      case .bfloat16: TB_BF16
      case .float32: TB_F32
      case .float64: TB_F64
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
    tb_decode(
      kind.native, isBigEndian, bytes.bindMemory(to: UInt8.self).baseAddress, values.count,
      values.baseAddress)
  }
}
