import Tensors

/// One array that an optimizer remembers of a parameter, such as `exp_avg`.
public struct OptimizerSlot: Hashable, Sendable {
  public enum Beginning: Hashable, Sendable {
    case constant(Double)
    /// The parameter's numbers, as they are when the optimizer is bound to it.
    case parameter
  }

  /// As in PyTorch's `state_dict`.
  public let name: String
  public let shape: Shape
  public let beginning: Beginning

  public init(_ name: String, _ shape: Shape, beginning: Beginning = .constant(0)) {
    self.name = name
    self.shape = shape
    self.beginning = beginning
  }
}
