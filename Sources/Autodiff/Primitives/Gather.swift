import Kernels
import Tensors

/// Rows of a matrix by their index, as an embedding does: `x [rows, …]`, indices `[N…]` -> `[N…, …]`.
///
/// An index that there is no row for makes its row NaN, which the run then reports.
struct Gather: Primitive {
  static let rule = "x [rows, …] and int32 indices […] -> […, …]"

  var name: String { "gather" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...2)
    try TypeCheck.floats([inputs[0]])
    try TypeCheck.element(inputs[1], .int32)
    guard inputs[0].shape.rank > 0 else {
      throw GraphError(.rankMismatch, "the input has no axis", rule: Gather.rule)
    }
    return TensorType(
      Shape(inputs[1].shape.dimensions + inputs[0].shape.dimensions.dropFirst()),
      inputs[0].element)
  }

  func lower(_ context: inout Lowering) {
    let (x, indices) = (context.input(0), context.input(1))
    context.emit(
      Kernels.gatherRows(
        context.element, x: x.pointer, rows: x.shape[0], indices: indices.pointer,
        y: context.output.pointer, count: indices.count, width: x.count / x.shape[0]))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let rows = context.type(of: context.inputs[0]).shape[0]
    return [
      try context.graph.apply(ScatterAdd(rows: rows), [context.cotangent, context.inputs[1]]), nil,
    ]
  }
}

/// The transpose of `Gather`: rows added up where their index says; also the sum over segments.
///
/// Rows are added in their order, so that the sum has the same bits on any number of threads.
struct ScatterAdd: Primitive {
  let rows: Int

  static let rule = "x [N…, …] and int32 indices [N…] -> [rows, …]"

  var name: String { "scatter_add" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...2)
    try TypeCheck.floats([inputs[0]])
    try TypeCheck.element(inputs[1], .int32)
    let rest = try ScatterAdd.rest(inputs[0].shape, inputs[1].shape)
    return TensorType(Shape([rows] + rest), inputs[0].element)
  }

  /// The axes of a row.
  static func rest(_ shape: Shape, _ indices: Shape) throws(GraphError) -> [Int] {
    guard shape.rank >= indices.rank,
      Array(shape.dimensions.prefix(indices.rank)) == indices.dimensions
    else {
      throw GraphError(
        .shapeMismatch, "\(shape) and the indices \(indices) don't meet", rule: ScatterAdd.rule)
    }
    return Array(shape.dimensions.dropFirst(indices.rank))
  }

  func lower(_ context: inout Lowering) {
    let (x, indices) = (context.input(0), context.input(1))
    context.emit(
      Kernels.scatterRows(
        context.element, x: x.pointer, indices: indices.pointer, count: indices.count,
        y: context.output.pointer, rows: rows, width: x.count / indices.count))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    [try context.graph.gather(context.cotangent, indices: context.inputs[1]), nil]
  }
}

/// Elements along an axis by an index for each: `torch.gather`.
struct GatherAlong: Primitive {
  let axis: Int

  static let rule = "x and int32 indices have one shape but for the axis"

  var name: String { "gather_along" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...2)
    try TypeCheck.floats([inputs[0]])
    try TypeCheck.element(inputs[1], .int32)
    try GatherAlong.check(inputs[0].shape, inputs[1].shape, axis)
    return TensorType(inputs[1].shape, inputs[0].element)
  }

  static func check(_ shape: Shape, _ indices: Shape, _ axis: Int) throws(GraphError) {
    _ = try TypeCheck.axes([axis], of: shape)
    guard shape.rank == indices.rank,
      (0..<shape.rank).allSatisfy({ $0 == axis || shape[$0] == indices[$0] })
    else {
      throw GraphError(
        .shapeMismatch, "\(shape) and the indices \(indices) don't meet along axis \(axis)",
        rule: GatherAlong.rule)
    }
  }

  func lower(_ context: inout Lowering) {
    let (x, indices) = (context.input(0), context.input(1))
    let shape = x.shape.dimensions
    context.emit(
      Kernels.gatherAlong(
        context.element, x: x.pointer, indices: indices.pointer, y: context.output.pointer,
        outer: shape[..<axis].reduce(1, *), n: shape[axis], places: indices.shape[axis],
        inner: shape[(axis + 1)...].reduce(1, *)))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let extent = context.type(of: context.inputs[0]).shape[axis]
    return [
      try context.graph.apply(
        ScatterAlong(axis: axis, extent: extent), [context.cotangent, context.inputs[1]]), nil,
    ]
  }
}

/// The transpose of `GatherAlong`.
struct ScatterAlong: Primitive {
  let axis: Int
  /// Of the result along the axis.
  let extent: Int

  var name: String { "scatter_along" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...2)
    try TypeCheck.floats([inputs[0]])
    try TypeCheck.element(inputs[1], .int32)
    try TypeCheck.same(inputs[0], inputs[1], "elements and indices")
    _ = try TypeCheck.axes([axis], of: inputs[0].shape)
    var shape = inputs[0].shape
    shape[axis] = extent
    return TensorType(shape, inputs[0].element)
  }

  func lower(_ context: inout Lowering) {
    let (x, indices) = (context.input(0), context.input(1))
    let shape = x.shape.dimensions
    context.emit(
      Kernels.scatterAlong(
        context.element, x: x.pointer, indices: indices.pointer, y: context.output.pointer,
        outer: shape[..<axis].reduce(1, *), n: extent, places: shape[axis],
        inner: shape[(axis + 1)...].reduce(1, *)))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    [
      try context.graph.apply(
        GatherAlong(axis: axis), [context.cotangent, context.inputs[1]]), nil,
    ]
  }
}

/// 1 at the index, else 0: int32 `[…]` -> `[…, classes]`.
struct OneHot: Primitive {
  let classes: Int
  /// Of the result.
  let element: ElementType

  var name: String { "one_hot" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    try TypeCheck.element(inputs[0], .int32)
    return TensorType(Shape(inputs[0].shape.dimensions + [classes]), element)
  }

  func lower(_ context: inout Lowering) {
    let indices = context.input(0)
    context.emit(
      Kernels.oneHot(
        element, indices: indices.pointer, y: context.output.pointer, count: indices.count,
        classes: classes))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] { [nil] }
}

extension Graph {
  /// Rows by their index.
  ///
  /// - Shapes: `x [rows, …]`, int32 indices `[N…]`, output `[N…, …]`.
  public mutating func gather(_ x: Value, indices: Value) throws(GraphError) -> Value {
    try apply(Gather(), [x, indices])
  }

  /// Rows added up where their index says; an index out of range is added nowhere.
  ///
  /// - Shapes: `x [N…, …]`, int32 indices `[N…]`, output `[rows, …]`.
  public mutating func scatterAdd(
    _ x: Value, indices: Value, rows: Int
  ) throws(GraphError) -> Value { try apply(ScatterAdd(rows: rows), [x, indices]) }

  /// `y[i][j] = x[i][indices[i][j]]` along an axis, as `torch.gather`.
  public mutating func gather(
    _ x: Value, indices: Value, axis: Int
  ) throws(GraphError) -> Value {
    let place = try placed(axis, of: shape(of: x), "gather_along")
    return try apply(GatherAlong(axis: place), [x, indices])
  }

  /// 1 at the index, else 0; all 0 for an index out of range.
  public mutating func oneHot(_ indices: Value, classes: Int) throws(GraphError) -> Value {
    try apply(OneHot(classes: classes, element: element), [indices])
  }
}

extension Gather {
  static var entries: [PrimitiveEntry] {
    let gathers: [(Shape, Shape)] = [
      ([4, 3], [5]), ([3, 2], [2, 3]), ([1, 1], [1]), ([5], [7]), ([3, 2, 2], [4]), ([9, 17], [2]),
    ]
    let along: [(Shape, Shape, Int)] = [
      ([3, 4], [3, 2], 1), ([3, 4], [5, 4], 0), ([2, 3, 2], [2, 4, 2], 1), ([5], [3], 0),
      ([1, 1], [1, 3], 1),
    ]
    return [
      PrimitiveEntry(
        "gather",
        cases: gathers.map { shape, indices in
          PrimitiveCase(
            Gather(), [.init(shape), .init(indices, .classes(shape[0]))], torch: "a[b.long()]")
        }),
      PrimitiveEntry(
        "scatter_add",
        cases: gathers.map { shape, indices in
          let values = Shape(indices.dimensions + shape.dimensions.dropFirst())
          return PrimitiveCase(
            ScatterAdd(rows: shape[0]), [.init(values), .init(indices, .classes(shape[0]))],
            torch: "torch.zeros(\(shape)).index_put((b.long(),), a, accumulate=True)")
        }),
      PrimitiveEntry(
        "gather_along",
        cases: along.map { shape, indices, axis in
          PrimitiveCase(
            GatherAlong(axis: axis), [.init(shape), .init(indices, .classes(shape[axis]))],
            torch: "torch.gather(a, \(axis), b.long())")
        }),
      PrimitiveEntry("scatter_along", isDerivativeOf: "gather_along"),
      PrimitiveEntry(
        "one_hot", isPiecewiseConstant: true,
        cases: ([([4], 3), ([], 5), ([2, 3], 2), ([1], 1), ([7], 11)] as [(Shape, Int)]).map {
          shape, classes in
          PrimitiveCase(
            "one_hot", [.init(shape, .classes(classes))],
            torch: "F.one_hot(a.long(), \(classes)).double()"
          ) { (graph: inout Graph, x: [Value]) throws(GraphError) in
            try graph.oneHot(x[0], classes: classes)
          }
        }),
    ]
  }
}
