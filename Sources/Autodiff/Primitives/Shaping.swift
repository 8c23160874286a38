import Kernels
import Tensors

/// The same elements, in row-major order, under another shape.
struct Reshape: Primitive {
  let shape: Shape

  var name: String { "reshape" }
  var isView: Bool { true }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    guard let count = shape.checkedCount, count == inputs[0].shape.count else {
      throw GraphError(
        .shapeMismatch,
        "\(inputs[0].shape) has \(inputs[0].shape.count) elements, \(shape) has "
          + (shape.checkedCount.map(String.init) ?? "more than can be counted"),
        rule: "both shapes have as many elements")
    }
    return TensorType(shape, inputs[0].element)
  }

  func lower(_ context: inout Lowering) { context.emitCopy() }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let shape = context.type(of: context.inputs[0]).shape
    return [try context.graph.reshape(context.cotangent, to: shape)]
  }
}

/// The same elements in memory of their own.
struct Copy: Primitive {
  var name: String { "copy" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    return inputs[0]
  }

  func lower(_ context: inout Lowering) { context.emitCopy() }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    [context.cotangent]
  }
}

/// The axes in another order.
struct Transpose: Primitive {
  /// Axis `i` of the output is axis `axes[i]` of the input.
  let axes: [Int]

  var name: String { "transpose" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    try TypeCheck.floats(inputs)
    let shape = inputs[0].shape
    guard axes.count == shape.rank else {
      throw GraphError(
        .rankMismatch, "\(shape) has \(shape.rank) axes, and \(axes.count) are named",
        rule: "every axis is named once")
    }
    _ = try TypeCheck.axes(axes, of: shape)
    return TensorType(Shape(axes.map { shape[$0] }), inputs[0].element)
  }

  func lower(_ context: inout Lowering) {
    let x = context.input(0)
    context.emit(
      Kernels.transpose(
        context.element, x: x.pointer, shape: x.shape, axes: axes, y: context.output.pointer))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    var inverse = axes
    for (place, axis) in axes.enumerated() { inverse[axis] = place }
    return [try context.graph.apply(Transpose(axes: inverse), [context.cotangent])]
  }
}

extension Lowering {
  mutating func emitCopy() {
    emit(
      Kernels.copy(
        from: input(0).pointer, to: output.pointer, byteCount: output.type.byteCount))
  }
}

extension Graph {
  /// The same elements under another shape; costs nothing.
  public mutating func reshape(_ x: Value, to shape: Shape) throws(GraphError) -> Value {
    if self.shape(of: x) == shape { return x }
    return try apply(Reshape(shape: shape), [x])
  }

  /// The axes in another order; reversed when none is given.
  public mutating func transpose(_ x: Value, axes: [Int]? = nil) throws(GraphError) -> Value {
    let rank = shape(of: x).rank
    let order = axes ?? Array((0..<rank).reversed())
    return try apply(Transpose(axes: order.map { $0 < 0 ? $0 + rank : $0 }), [x])
  }

  /// A value of its own with the same elements.
  mutating func copy(_ x: Value) throws(GraphError) -> Value { try apply(Copy(), [x]) }
}

extension Reshape {
  static var entry: PrimitiveEntry {
    let shapes: [(Shape, Shape)] = [
      ([3, 4], [2, 6]), ([1], []), ([2, 3, 4], [24]), ([5, 1], [5]), ([], [1, 1]),
    ]
    return PrimitiveEntry(
      "reshape",
      cases: shapes.map {
        PrimitiveCase(Reshape(shape: $1), [.init($0)], torch: "a.reshape(\($1))")
      })
  }
}

extension Copy {
  static var entry: PrimitiveEntry {
    PrimitiveEntry(
      "copy",
      cases: ([[3, 4], [], [1], [7], [2, 1, 3]] as [Shape]).map {
        PrimitiveCase(Copy(), [.init($0)], torch: "a.clone()")
      })
  }
}

extension Transpose {
  static var entry: PrimitiveEntry {
    let cases: [(Shape, [Int])] = [
      ([3, 4], [1, 0]), ([2, 3, 4], [2, 0, 1]), ([2, 3, 4, 5], [0, 2, 3, 1]), ([4], [0]),
      ([19, 1, 33], [2, 0, 1]), ([3, 5, 2, 4], [2, 3, 0, 1]),
    ]
    return PrimitiveEntry(
      "transpose",
      cases: cases.map {
        PrimitiveCase(Transpose(axes: $1), [.init($0)], torch: "a.permute(\($1))")
      })
  }
}
