import Kernels
import Tensors

/// Sums up to each place along an axis, or from it on.
struct CumulativeSum: Primitive {
  /// Counted from the front.
  let axis: Int
  let isReversed: Bool

  var name: String { "cumulative_sum" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    try TypeCheck.floats(inputs)
    _ = try TypeCheck.axes([axis], of: inputs[0].shape)
    return inputs[0]
  }

  func lower(_ context: inout Lowering) {
    let shape = context.output.shape.dimensions
    context.emit(
      Kernels.cumulativeSum(
        context.element, x: context.input(0).pointer, y: context.output.pointer,
        outer: shape[..<axis].reduce(1, *), n: shape[axis],
        inner: shape[(axis + 1)...].reduce(1, *), isReversed: isReversed))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    [
      try context.graph.apply(
        CumulativeSum(axis: axis, isReversed: !isReversed), [context.cotangent])
    ]
  }
}

extension Graph {
  /// `y_i = Σ_{j ≤ i} x_j` along an axis; reversed, over `j ≥ i`.
  public mutating func cumulativeSum(
    _ x: Value, axis: Int, isReversed: Bool = false
  ) throws(GraphError) -> Value {
    let rank = shape(of: x).rank
    return try apply(
      CumulativeSum(axis: axis < 0 ? axis + rank : axis, isReversed: isReversed), [x])
  }
}

extension CumulativeSum {
  static var entry: PrimitiveEntry {
    let cases: [(Shape, Int)] = [
      ([5], 0), ([3, 4], 0), ([3, 4], 1), ([2, 7, 3], 1), ([1, 1], 0),
    ]
    return PrimitiveEntry(
      "cumulative_sum",
      cases: cases.flatMap { shape, axis in
        [
          PrimitiveCase(
            CumulativeSum(axis: axis, isReversed: false), [.init(shape)],
            torch: "torch.cumsum(a, \(axis))"),
          PrimitiveCase(
            CumulativeSum(axis: axis, isReversed: true), [.init(shape)],
            torch: "torch.cumsum(a.flip(\(axis)), \(axis)).flip(\(axis))"),
        ]
      })
  }
}
