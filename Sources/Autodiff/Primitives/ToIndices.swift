import Kernels
import Tensors

/// Numbers that are indices, as such: `[…]` of floats -> `[…]` of int32.
///
/// The nearest whole one counts; what is below 0, too large or no number becomes -1, for which `Gather` has no row.
struct ToIndices: Primitive {
  var name: String { "to_indices" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    try TypeCheck.floats(inputs)
    return TensorType(inputs[0].shape, .int32)
  }

  func lower(_ context: inout Lowering) {
    let x = context.input(0)
    context.emit(
      Kernels.toIndices(
        x.type.element, x: x.pointer, y: context.output.pointer, count: x.count))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] { [nil] }
}

extension Graph {
  /// The nearest whole numbers as indices; -1 for what is below 0, too large or no number.
  ///
  /// - Shapes: `x […]`, output `[…]` of int32.
  public mutating func toIndices(_ x: Value) throws(GraphError) -> Value {
    try apply(ToIndices(), [x])
  }
}

extension ToIndices {
  static var entries: [PrimitiveEntry] {
    [
      PrimitiveEntry(
        "to_indices", isPiecewiseConstant: true,
        cases: ([[4], [2, 3], [1], [], [17]] as [Shape]).map { shape in
          PrimitiveCase(
            "to_indices", [.init(shape, .mask)], torch: "F.one_hot(a.long(), 2).double()"
          ) { (graph: inout Graph, x: [Value]) throws(GraphError) in
            try graph.oneHot(graph.toIndices(x[0]), classes: 2)
          }
        })
    ]
  }
}
