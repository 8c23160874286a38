import Tensors

/// Why an operation can't be part of a graph.
public struct GraphError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// Two shapes that don't meet.
    case shapeMismatch
    /// A tensor with the wrong number of axes.
    case rankMismatch
    /// An axis that the tensor doesn't have.
    case axisOutOfRange
    /// An axis of no elements.
    case emptyAxis
    /// More elements than can be counted or addressed.
    case tooLarge
    /// Elements of another type than the operation takes.
    case elementMismatch
    /// A setting of the operation, such as a stride, that is out of range.
    case invalidSetting
    /// The derivative of something that isn't a scalar was asked for.
    case notScalar
    /// The derivative leads through an operation that has none.
    case notDifferentiable
    /// An input or output that the graph or plan doesn't have.
    case unknownValue
    /// An input that nothing was ever written to.
    case inputNotFed
  }

  public let code: Code
  /// The layer, as `Graph.scope` named it.
  public internal(set) var scope: String?
  /// The primitive, such as `matmul`.
  public internal(set) var operation: String
  /// What doesn't fit, with the shapes in it.
  public let message: String
  /// The rule that was broken, such as `[M, K] · [K, N] -> [M, N]`.
  public let rule: String?
  /// The shapes of the operation's inputs.
  public internal(set) var shapes: [Shape]

  public init(
    _ code: Code, _ message: String, rule: String? = nil, operation: String = "",
    scope: String? = nil, shapes: [Shape] = []
  ) {
    self.code = code
    self.message = message
    self.rule = rule
    self.operation = operation
    self.scope = scope
    self.shapes = shapes
  }

  /// `layer "hidden": matmul: [2, 3] and [4, 5] don't meet; rule: [M, K] · [K, N] -> [M, N]`.
  public var description: String {
    var text = ""
    if let scope, !scope.isEmpty { text += "layer \"\(scope)\": " }
    if !operation.isEmpty { text += "\(operation): " }
    text += message
    if let rule { text += "; rule: \(rule)" }
    return text
  }

  /// The same, with the place added where it isn't known yet.
  func located(in scope: String, operation: String, shapes: [Shape]) -> GraphError {
    var error = self
    if error.scope == nil, !scope.isEmpty { error.scope = scope }
    if error.operation.isEmpty { error.operation = operation }
    if error.shapes.isEmpty { error.shapes = shapes }
    return error
  }
}
