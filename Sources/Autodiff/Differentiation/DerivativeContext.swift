import Tensors

/// What a primitive's derivative rule works with: its node, the cotangent of the output, and the graph.
public struct DerivativeContext: Sendable {
  /// Where the rule adds its operations.
  public var graph: Graph
  public let inputs: [Value]
  public let output: Value
  /// The derivative of the loss with respect to the output.
  public let cotangent: Value
  private let needed: [Bool]
  private let unit: Value

  init(graph: Graph, node: Value, inputs: [Value], cotangent: Value, needed: [Bool], unit: Value) {
    self.graph = graph
    self.inputs = inputs
    output = node
    self.cotangent = cotangent
    self.needed = needed
    self.unit = unit
  }

  /// Whether the derivative with respect to an input leads anywhere; if not, `nil` will do.
  public func isNeeded(_ index: Int) -> Bool { needed[index] }

  /// Whether the cotangent is the number 1 that reverse mode begins with.
  public var cotangentIsOne: Bool { cotangent == unit }

  public func type(of value: Value) -> TensorType { graph.type(of: value) }

  /// The second output of the node.
  public var auxiliary: Value? { graph.auxiliary(of: output) }
}
