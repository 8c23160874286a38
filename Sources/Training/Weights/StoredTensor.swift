import Tensors

/// A tensor of a file, with the type that the file stores it as.
public struct StoredTensor: Sendable {
  public let name: String
  /// In the words of the format: `BF16` in safetensors, `<f2` in NumPy's.
  public let type: String
  /// Half precision as float32, integers of a kind that tensors haven't as float64.
  public let tensor: Tensor

  /// How many of its numbers are NaN or infinite.
  public var nonFiniteCount: Int {
    switch tensor.element {
    case .float32: tensor.elements(of: Float.self).reduce(0) { $1.isFinite ? $0 : $0 + 1 }
    case .float64: tensor.elements(of: Double.self).reduce(0) { $1.isFinite ? $0 : $0 + 1 }
    case .int32, .uint8: 0
    }
  }
}
