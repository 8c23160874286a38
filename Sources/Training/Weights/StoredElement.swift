import Tensors

/// How a file stores elements, of which there are more kinds than tensors have.
enum StoredElement {
  case same(ElementType)
  /// IEEE 754 half precision; read as `float32`, which loses nothing.
  case float16
  /// The upper half of a `float32`.
  case bfloat16

  init?(safetensors name: String) {
    switch name {
    case "F32": self = .same(.float32)
    case "F64": self = .same(.float64)
    case "I32": self = .same(.int32)
    case "U8": self = .same(.uint8)
    case "F16": self = .float16
    case "BF16": self = .bfloat16
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
    default: return nil
    }
  }

  var byteCount: Int {
    switch self {
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
