import Kernels
import Tensors

/// The largest of the rows of each segment, 0 for a segment without rows; equals share the derivative.
struct SegmentMax: Primitive {
  let segments: Int

  var name: String { "segment_max" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try ScatterAdd(rows: segments).type(of: inputs)
  }

  func lower(_ context: inout Lowering) {
    let (x, indices) = (context.input(0), context.input(1))
    context.emit(
      Kernels.segmentMax(
        context.element, x: x.pointer, indices: indices.pointer, count: indices.count,
        y: context.output.pointer, rows: segments, width: x.count / indices.count))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let (x, indices) = (context.inputs[0], context.inputs[1])
    let largest = try context.graph.gather(context.output, indices: indices)
    let isTaken = try context.graph.equal(x, largest)
    let count = try context.graph.scatterAdd(isTaken, indices: indices, rows: segments)
    let divisor = try context.graph.maximum(count, context.graph.scalar(1))
    let share = try context.graph.divide(context.cotangent, divisor)
    return [
      try context.graph.multiply(isTaken, context.graph.gather(share, indices: indices)), nil,
    ]
  }
}

extension Graph {
  /// The sum of the rows of each segment, such as the messages that reach a node.
  ///
  /// - Shapes: `x [E, …]`, int32 segment of each row `[E]`, output `[segments, …]`.
  public mutating func segmentSum(
    _ x: Value, segments: Value, count: Int
  ) throws(GraphError) -> Value { try scatterAdd(x, indices: segments, rows: count) }

  /// The mean of the rows of each segment, 0 for one without rows.
  public mutating func segmentMean(
    _ x: Value, segments: Value, count: Int
  ) throws(GraphError) -> Value {
    let total = try segmentSum(x, segments: segments, count: count)
    let ones = constant(1, shape: shape(of: segments))
    let sizes = try scatterAdd(ones, indices: segments, rows: count)
    let divisor = try maximum(sizes, scalar(1))
    let rank = shape(of: total).rank
    let column = Shape([count] + [Int](repeating: 1, count: rank - 1))
    return try divide(total, reshape(divisor, to: column))
  }

  /// The largest of the rows of each segment, 0 for one without rows.
  public mutating func segmentMax(
    _ x: Value, segments: Value, count: Int
  ) throws(GraphError) -> Value { try apply(SegmentMax(segments: count), [x, segments]) }
}

extension SegmentMax {
  static var entries: [PrimitiveEntry] {
    let shapes: [(Shape, Int)] = [
      ([6, 3], 3), ([5], 2), ([1, 1], 1), ([9, 2, 2], 4), ([12, 17], 5), ([4, 3], 7),
    ]
    func expanded(_ shape: Shape) -> String {
      let ones = [Int](repeating: 1, count: shape.rank - 1)
      return "b.long().reshape(\(Shape([shape[0]] + ones))).expand(\(shape))"
    }
    return [
      PrimitiveEntry(
        "segment_mean", isComposed: true,
        cases: shapes.map { shape, count in
          let target = Shape([count] + shape.dimensions.dropFirst())
          return PrimitiveCase(
            "segment_mean", [.init(shape), .init([shape[0]], .classes(count))],
            torch:
              "torch.zeros(\(target)).scatter_reduce(0, \(expanded(shape)), a, 'mean', include_self=False)"
          ) { (graph: inout Graph, x: [Value]) throws(GraphError) in
            try graph.segmentMean(x[0], segments: x[1], count: count)
          }
        }),
      PrimitiveEntry(
        "segment_max",
        cases: shapes.map { shape, count in
          let target = Shape([count] + shape.dimensions.dropFirst())
          return PrimitiveCase(
            SegmentMax(segments: count),
            [.init(shape, .distinct), .init([shape[0]], .classes(count))],
            torch:
              "torch.zeros(\(target)).scatter_reduce(0, \(expanded(shape)), a, 'amax', include_self=False)"
          )
        }),
    ]
  }
}
