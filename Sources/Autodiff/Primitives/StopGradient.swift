import Kernels
import Tensors

/// The input, of which the derivative is taken to be 0.
struct StopGradient: Primitive {
  var name: String { "stop_gradient" }
  var isView: Bool { true }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    return inputs[0]
  }

  func lower(_ context: inout Lowering) { context.emitCopy() }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] { [nil] }
}

extension StopGradient {
  static var entry: PrimitiveEntry {
    let shapes: [Shape] = [[], [3], [2, 3], [1, 1], [2, 5, 3]]
    return PrimitiveEntry(
      "stop_gradient",
      cases: shapes.map { shape in
        // Differences would see through it alone; of the product one factor is left.
        PrimitiveCase(
          "stop_gradient", [.init(shape)], checked: [], torch: "a.detach()"
        ) { (graph: inout Graph, x: [Value]) throws(GraphError) in try graph.stopGradient(x[0]) }
      })
  }
}
