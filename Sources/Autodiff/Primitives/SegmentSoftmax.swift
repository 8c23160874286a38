import Kernels
import Tensors

/// Softmax over the rows of each segment of `x [E, F]`, each column apart, such as over the edges that reach a vertex.
///
/// Inputs: int32 segment of each row `[E]`, ascending, int32 beginnings of the segments `[segments + 1]`, x.
struct SegmentSoftmax: Primitive {
  static let rule = "segments [E], offsets [segments + 1], x [E, F] -> [E, F]"

  var name: String { "segment_softmax" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 3...3)
    try TypeCheck.element(inputs[0], .int32)
    try TypeCheck.element(inputs[1], .int32)
    try TypeCheck.floats([inputs[2]])
    try TypeCheck.rank(inputs[2], 2, "the input", rule: SegmentSoftmax.rule)
    guard inputs[0].shape.rank == 1, inputs[1].shape.rank == 1, inputs[1].shape[0] > 1,
      inputs[0].shape[0] == inputs[2].shape[0]
    else {
      throw GraphError(
        .shapeMismatch,
        "segments \(inputs[0].shape), offsets \(inputs[1].shape) and \(inputs[2].shape) don't meet",
        rule: SegmentSoftmax.rule)
    }
    return inputs[2]
  }

  func lower(_ context: inout Lowering) {
    let (offsets, x) = (context.input(1), context.input(2))
    context.emit(
      Kernels.segmentSoftmax(
        context.element, offsets: offsets.pointer, segments: offsets.count - 1, x: x.pointer,
        y: context.output.pointer, entries: x.shape[0], width: x.shape[1]))
  }

  /// `dx = y (dy - Σ dy y)`, the sum over the row's segment.
  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let segments = context.inputs[0]
    let count = context.type(of: context.inputs[1]).shape[0] - 1
    let y = context.output
    let weighted = try context.graph.multiply(context.cotangent, y)
    let sums = try context.graph.scatterAdd(weighted, indices: segments, rows: count)
    let spread = try context.graph.gather(sums, indices: segments)
    return [nil, nil, try context.graph.subtract(weighted, context.graph.multiply(y, spread))]
  }
}

extension Graph {
  /// Softmax over the rows of `x` that have one row of a pattern, each column of `x` apart.
  ///
  /// - Shapes: x `[E, F]`, output the same.
  public mutating func segmentSoftmax(
    _ x: Value, of pattern: SparsePattern
  ) throws(GraphError) -> Value {
    try apply(SegmentSoftmax(), [pattern.rows, pattern.rowOffsets, x])
  }
}

extension SegmentSoftmax {
  static var entries: [PrimitiveEntry] {
    let cases: [(segments: [Int32], count: Int, width: Int)] = [
      ([0, 0, 0, 1, 3, 3], 4, 2), ([0], 1, 1), ([1, 1, 1, 1], 3, 3), ([0, 1, 2], 3, 8),
      ([0, 0, 1, 1, 1, 4, 4, 4, 4], 5, 1),
    ]
    return [
      PrimitiveEntry(
        "segment_softmax",
        cases: cases.map { segments, count, width in
          let index = SparseIndex(
            rows: segments, columns: [Int32](repeating: 0, count: segments.count),
            rowCount: count, columnCount: 1)
          let parts = Set(segments).sorted().map { segment in
            let first = segments.firstIndex(of: segment) ?? 0
            let end = (segments.lastIndex(of: segment) ?? 0) + 1
            return "F.softmax(a[\(first):\(end)], 0)"
          }
          return PrimitiveCase(
            "segment_softmax", [.init([segments.count, width])],
            torch: "torch.cat((\(parts.joined(separator: ", ")),))"
          ) { (graph: inout Graph, x: [Value]) throws(GraphError) in
            try graph.segmentSoftmax(x[0], of: graph.sparsePattern(index))
          }
        })
    ]
  }
}
