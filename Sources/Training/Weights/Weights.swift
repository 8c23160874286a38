import Tensors

/// A named tensor of a model, an optimizer or a checkpoint.
public struct NamedTensor: Sendable {
  public let name: String
  public let tensor: Tensor

  public init(name: String, tensor: Tensor) {
    self.name = name
    self.tensor = tensor
  }
}

/// The parameters of a model at one moment, under PyTorch's names and in its order.
public struct Weights: Sendable {
  public let tensors: [NamedTensor]
  /// Whether parameters of the model may be missing, which then keep what their initializers gave.
  public let isPartial: Bool

  public init(_ tensors: [NamedTensor], isPartial: Bool = false) {
    self.tensors = tensors
    self.isPartial = isPartial
  }

  public subscript(name: String) -> Tensor? {
    tensors.first { $0.name == name }?.tensor
  }

  /// The contents alone, in bytes.
  public var byteCount: Int { tensors.reduce(0) { $0 + $1.tensor.type.byteCount } }
}
