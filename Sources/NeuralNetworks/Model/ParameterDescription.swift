import Tensors

/// One parameter of a model.
public struct ParameterDescription: Hashable, Sendable {
  /// The name in the whole model, as in PyTorch's `state_dict`: `hidden.weight`.
  public let name: String
  /// The layer it belongs to.
  public let layer: String
  public let shape: Shape
  public let initializer: Initializer
  /// Whether training changes it.
  public let trainable: Bool
}
