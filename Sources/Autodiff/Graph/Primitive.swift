import Tensors

/// An operation that isn't made of others: its shape rule, its kernels and its derivative.
///
/// A new primitive is a file in `Primitives` and a line in `PrimitiveCatalog`, whose gradient check covers
/// it. It yields one tensor, and may keep a second one for its derivative (the auxiliary).
public protocol Primitive: Hashable, Sendable {
  /// As plans and faults name it, in snake case.
  var name: String { get }

  /// The shape rule.
  ///
  /// - Throws: `GraphError` that names both shapes and the rule; `Graph.apply` adds where it was.
  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType

  /// The type of the second output; called only with inputs that `type(of:)` accepted.
  func auxiliaryType(of inputs: [TensorType]) -> TensorType?

  /// Emits the kernel calls that compute the output.
  ///
  /// Pointers are only to be handed on: a plan that explains itself lowers with addresses of nothing.
  func lower(_ context: inout Lowering)

  /// The cotangents of the inputs, from that of the output, as values of the graph; `nil` is zero.
  ///
  /// A cotangent may have the output's shape where the input was broadcast: reverse mode sums it down.
  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?]

  /// The cotangents of the inputs, from that of the auxiliary, which `context.cotangent` is here.
  ///
  /// Reverse mode asks for it where a derivative is differentiated again.
  func auxiliaryCotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?]

  /// Bytes of scratch memory during the call.
  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int

  /// Inputs, best first, whose memory the output may take over.
  ///
  /// Only where each element is read for the last time when that of the output is written.
  var overwritableInputs: [Int] { get }

  /// Whether the output is the first input's elements, in their order, under another shape.
  var isView: Bool { get }
}

extension Primitive {
  public func auxiliaryType(of inputs: [TensorType]) -> TensorType? { nil }
  public func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int { 0 }
  public var overwritableInputs: [Int] { [] }
  public var isView: Bool { false }

  public func auxiliaryCotangents(
    _ context: inout DerivativeContext
  ) throws(GraphError) -> [Value?] {
    throw GraphError(
      .notDifferentiable, "it has no derivative of second order", operation: name)
  }

  public func cotangents(
    _ context: inout DerivativeContext
  ) throws(GraphError) -> [Value?] {
    throw GraphError(
      .notDifferentiable, "it has no derivative", rule: "the loss depends on it in another way",
      operation: name)
  }
}
