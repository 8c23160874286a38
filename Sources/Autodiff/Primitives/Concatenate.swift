import Kernels
import Tensors

/// Tensors one after the other along an axis.
struct Concatenate: Primitive {
  /// Counted from the front.
  let axis: Int

  static let rule = "all axes but the one along which they are put together are equal"
  /// So that a plan's step stays small.
  static let mostInputs = 4096

  var name: String { "concatenate" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...Concatenate.mostInputs)
    try TypeCheck.floats(inputs)
    var shape = inputs[0].shape
    _ = try TypeCheck.axes([axis], of: shape)
    for input in inputs.dropFirst() {
      guard input.shape.rank == shape.rank,
        (0..<shape.rank).allSatisfy({ $0 == axis || input.shape[$0] == shape[$0] })
      else {
        throw GraphError(
          .shapeMismatch, "\(inputs[0].shape) and \(input.shape) don't meet along axis \(axis)",
          rule: Concatenate.rule)
      }
      let (extent, overflow) = shape[axis].addingReportingOverflow(input.shape[axis])
      shape[axis] = overflow ? Int.max : extent
    }
    return TensorType(shape, inputs[0].element)
  }

  func lower(_ context: inout Lowering) {
    let y = context.output
    let strides = y.shape.strides
    var start = 0
    for x in context.inputs {
      context.emit(
        Kernels.copy(
          name, context.element, x: x.pointer, xStrides: x.shape.strides,
          y: y.pointer + start * strides[axis] * context.element.byteCount, yStrides: strides,
          extents: x.shape))
      start += x.shape[axis]
    }
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    var (parts, start): ([Value?], Int) = ([], 0)
    for (index, input) in context.inputs.enumerated() {
      let length = context.type(of: input).shape[axis]
      parts.append(
        context.isNeeded(index)
          ? try context.graph.slice(context.cotangent, axis: axis, start..<start + length) : nil)
      start += length
    }
    return parts
  }
}

extension Graph {
  /// Tensors one after the other along an axis.
  public mutating func concatenate(
    _ parts: [Value], axis: Int
  ) throws(GraphError) -> Value {
    guard let first = parts.first else {
      throw GraphError(
        .invalidSetting, "nothing to put together", rule: "there is at least one tensor",
        operation: "concatenate", scope: scope)
    }
    let place = try placed(axis, of: shape(of: first), "concatenate")
    return parts.count == 1 ? first : try apply(Concatenate(axis: place), parts)
  }

  /// Tensors of one shape along a new axis.
  public mutating func stack(_ parts: [Value], axis: Int) throws(GraphError) -> Value {
    let rank = parts.first.map { shape(of: $0).rank } ?? 0
    let place = axis < 0 ? axis + rank + 1 : axis
    guard (0...rank).contains(place) else {
      throw GraphError(
        .axisOutOfRange, "there is no place for a new axis \(axis) among \(rank)",
        rule: "it is from \(-rank - 1) to \(rank)", operation: "stack", scope: scope)
    }
    var widened: [Value] = []
    for part in parts {
      var dimensions = shape(of: part).dimensions
      guard dimensions.count >= place else {
        throw GraphError(
          .rankMismatch, "\(shape(of: part)) has too few axes", rule: "all have one shape",
          operation: "stack", scope: scope)
      }
      dimensions.insert(1, at: place)
      widened.append(try reshape(part, to: Shape(dimensions)))
    }
    return try concatenate(widened, axis: place)
  }

  /// The tensor put `times` after itself along each axis, as `numpy.tile`.
  public mutating func tile(_ x: Value, times: [Int]) throws(GraphError) -> Value {
    let shape = try checkedShape(of: x, "tile")
    let limit = Int(Int32.max)
    guard times.count == shape.rank, times.allSatisfy({ (1...limit).contains($0) }),
      2 * shape.rank <= TensorType.mostAxes
    else {
      throw GraphError(
        .invalidSetting, "\(shape) repeated \(times) times",
        rule: "each of at most \(TensorType.mostAxes / 2) axes is repeated 1 to \(limit) times",
        operation: "tile", scope: scope, shapes: [shape])
    }
    let apart = Shape(shape.dimensions.flatMap { [1, $0] })
    let repeated = Shape(zip(times, shape.dimensions).flatMap { [$0, $1] })
    let wide = try broadcast(reshape(x, to: apart), to: repeated)
    return try reshape(wide, to: Shape(zip(times, shape.dimensions).map { $0 &* $1 }))
  }
}

extension Concatenate {
  static var entries: [PrimitiveEntry] {
    let concatenations: [([Shape], Int)] = [
      ([[2], [3]], 0), ([[2, 3], [1, 3], [4, 3]], 0), ([[2, 3], [2, 1]], 1),
      ([[2, 1, 4], [2, 5, 4]], 1), ([[1], [1], [1]], 0), ([[3, 2, 2], [3, 2, 7]], 2),
    ]
    let stacks: [(Shape, Int)] = [([3], 0), ([3], 1), ([2, 3], 1), ([], 0), ([2, 1, 4], -1)]
    let tiles: [(Shape, [Int])] = [
      ([3], [2]), ([2, 3], [1, 4]), ([2, 3], [3, 2]), ([1, 1], [2, 2]), ([2, 1, 3], [1, 3, 2]),
    ]
    let names = ["a", "b", "c"]
    return [
      PrimitiveEntry(
        "concatenate",
        cases: concatenations.map { shapes, axis in
          let list = names.prefix(shapes.count).joined(separator: ", ")
          return PrimitiveCase(
            Concatenate(axis: axis), shapes.map { .init($0) },
            torch: "torch.cat([\(list)], \(axis))")
        }),
      PrimitiveEntry(
        "stack", isComposed: true,
        cases: stacks.map { shape, axis in
          PrimitiveCase(
            "stack", [.init(shape), .init(shape)], torch: "torch.stack([a, b], \(axis))"
          ) { (graph: inout Graph, x: [Value]) throws(GraphError) in
            try graph.stack(x, axis: axis)
          }
        }),
      PrimitiveEntry(
        "tile", isComposed: true,
        cases: tiles.map { shape, times in
          PrimitiveCase("tile", [.init(shape)], torch: "torch.tile(a, \(times))") {
            (graph: inout Graph, x: [Value]) throws(GraphError) in
            try graph.tile(x[0], times: times)
          }
        }),
    ]
  }
}
