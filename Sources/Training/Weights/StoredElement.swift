import Tensors

/// How a file stores elements, of which there are more kinds than tensors have.
enum StoredElement {
  case same(ElementType)
  /// IEEE 754 half precision; read as `float32`, which loses nothing.
  case float16
  /// The upper half of a `float32`.
  case bfloat16
  /// Of so many bytes; read as `float64`, which loses what is beyond 2^53.
  case integer(bytes: Int, isSigned: Bool)

  init?(safetensors name: String) {
    switch name {
    case "F32": self = .same(.float32)
    case "F64": self = .same(.float64)
    case "I32": self = .same(.int32)
    case "U8": self = .same(.uint8)
    case "F16": self = .float16
    case "BF16": self = .bfloat16
    case "BOOL": self = .same(.uint8)
    case "I8": self = .integer(bytes: 1, isSigned: true)
    case "I16": self = .integer(bytes: 2, isSigned: true)
    case "U16": self = .integer(bytes: 2, isSigned: false)
    case "U32": self = .integer(bytes: 4, isSigned: false)
    case "I64": self = .integer(bytes: 8, isSigned: true)
    case "U64": self = .integer(bytes: 8, isSigned: false)
    default: return nil
    }
  }

  /// From NumPy's type string of a little-endian array, as in `'descr': '<f4'`.
  init?(numpy descriptor: String) {
    switch descriptor {
    case "<f4": self = .same(.float32)
    case "<f8": self = .same(.float64)
    case "<i4": self = .same(.int32)
    case "|u1": self = .same(.uint8)
    case "<f2": self = .float16
    case "|b1": self = .same(.uint8)
    case "|i1": self = .integer(bytes: 1, isSigned: true)
    case "<i2": self = .integer(bytes: 2, isSigned: true)
    case "<u2": self = .integer(bytes: 2, isSigned: false)
    case "<u4": self = .integer(bytes: 4, isSigned: false)
    case "<i8": self = .integer(bytes: 8, isSigned: true)
    case "<u8": self = .integer(bytes: 8, isSigned: false)
    default: return nil
    }
  }

  static let safetensorsNames = "F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, BOOL"
  static let numpyNames = "<f8, <f4, <f2, <i8, <i4, <i2, |i1, <u8, <u4, <u2, |u1, |b1"

  var byteCount: Int {
    switch self {
    case .integer(let bytes, _): bytes
    case .same(let element): element.byteCount
    case .float16, .bfloat16: 2
    }
  }

  /// - Precondition: `bytes` holds `shape.count` little-endian elements.
  func tensor(_ bytes: ArraySlice<UInt8>, shape: Shape) -> Tensor {
    switch self {
    case .same(let element):
      Tensor(type: TensorType(shape, element)) { target in
        bytes.withUnsafeBytes { target.copyMemory(from: $0) }
      }
    case .float16:
      Tensor(widened(bytes) { Self.float(half: $0) }, shape: shape)
    case .bfloat16:
      Tensor(widened(bytes) { Float(bitPattern: UInt32($0) << 16) }, shape: shape)
    case .integer(let count, let isSigned):
      Tensor(Self.integers(bytes, of: count, isSigned: isSigned), shape: shape)
    }
  }

  private static func integers(
    _ bytes: ArraySlice<UInt8>, of count: Int, isSigned: Bool
  ) -> [Double] {
    stride(from: bytes.startIndex, to: bytes.endIndex, by: count).map { start in
      let bits = (0..<count).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << (8 * $1) }
      guard isSigned else { return Double(bits) }
      let unused = 64 - 8 * count
      return Double(Int64(bitPattern: bits << unused) >> unused)
    }
  }

  private func widened(_ bytes: ArraySlice<UInt8>, _ convert: (UInt16) -> Float) -> [Float] {
    stride(from: bytes.startIndex, to: bytes.endIndex, by: 2).map {
      convert(UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8)
    }
  }

  /// Written out, because `Float16` isn't there on every platform.
  private static func float(half: UInt16) -> Float {
    let sign: Float = half & 0x8000 == 0 ? 1 : -1
    let exponent = Int(half >> 10) & 31
    let fraction = Float(half & 0x3FF)
    switch exponent {
    case 0: return sign * fraction * 0x1p-24
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default:
      return sign * Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
    }
  }
}
