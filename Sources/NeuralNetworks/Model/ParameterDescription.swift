import Tensors

/// One parameter of a model.
public struct ParameterDescription: Hashable, Sendable {
  /// The name in the whole model, as in PyTorch's `state_dict`: `hidden.weight`.
  public let name: String
  /// The layer it belongs to.
  public let layer: String
  public let shape: Shape
  public let initializer: Initializer
  /// How it begins in place of what was drawn, when that follows from others of the layer.
  public let derivation: ParameterDerivation?
  /// Whether training changes it.
  public let trainable: Bool
}
