import Kernels
import Tensors

/// The sum over some axes.
struct Sum: Primitive {
  /// Counted from the front, ascending.
  let axes: [Int]
  let keepsAxes: Bool

  var name: String { "sum" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    try TypeCheck.floats(inputs)
    let shape = inputs[0].shape
    _ = try TypeCheck.axes(axes, of: shape)
    return TensorType(Sum.shape(shape, without: axes, keepsAxes: keepsAxes), inputs[0].element)
  }

  static func shape(_ shape: Shape, without axes: [Int], keepsAxes: Bool) -> Shape {
    var extents: [Int] = []
    for axis in 0..<shape.rank {
      if !axes.contains(axis) {
        extents.append(shape[axis])
      } else if keepsAxes {
        extents.append(1)
      }
    }
    return Shape(extents)
  }

  func lower(_ context: inout Lowering) {
    let x = context.input(0)
    context.emit(
      Kernels.sum(
        context.element, x: x.pointer, shape: x.shape, axes: axes, y: context.output.pointer))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let shape = context.type(of: context.inputs[0]).shape
    let kept = Sum.shape(shape, without: axes, keepsAxes: true)
    let reshaped = try context.graph.reshape(context.cotangent, to: kept)
    return [try context.graph.broadcast(reshaped, to: shape)]
  }
}

/// The input repeated along axes where it has one element, or none.
struct Broadcast: Primitive {
  let shape: Shape

  var name: String { "broadcast" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    try TypeCheck.floats(inputs)
    guard inputs[0].shape.broadcast(with: shape) == shape else {
      throw GraphError(
        .shapeMismatch, "\(inputs[0].shape) can't be repeated to \(shape)",
        rule: "counted from the last, axes are equal or the input's is 1")
    }
    return TensorType(shape, inputs[0].element)
  }

  func lower(_ context: inout Lowering) {
    let (x, y) = (context.input(0), context.output)
    context.emit(
      Kernels.copy(
        name, context.element, x: x.pointer, xStrides: x.shape.strides(repeatedTo: y.shape),
        y: y.pointer, yStrides: y.shape.strides, extents: y.shape))
  }

  /// Reverse mode sums it down.
  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    [context.cotangent]
  }
}

extension Graph {
  /// The sum over the given axes, or over all.
  public mutating func sum(
    _ x: Value, axes: [Int]? = nil, keepsAxes: Bool = false
  ) throws(GraphError) -> Value {
    let chosen = try placed(axes, of: shape(of: x), "sum")
    return try apply(Sum(axes: chosen, keepsAxes: keepsAxes), [x])
  }

  /// The axes counted from the front, ascending; all when none are said.
  func placed(
    _ axes: [Int]?, of shape: Shape, _ operation: String
  ) throws(GraphError) -> [Int] {
    do throws(GraphError) {
      return try TypeCheck.axes(axes ?? Array(0..<shape.rank), of: shape)
    } catch {
      throw error.located(in: scope, operation: operation, shapes: [shape])
    }
  }

  /// The mean over the given axes, or over all.
  public mutating func mean(
    _ x: Value, axes: [Int]? = nil, keepsAxes: Bool = false
  ) throws(GraphError) -> Value {
    let total = try sum(x, axes: axes, keepsAxes: keepsAxes)
    let count = shape(of: x).count / shape(of: total).count
    return try scale(total, by: 1 / Double(count))
  }

  /// The input repeated along axes of one element.
  public mutating func broadcast(_ x: Value, to shape: Shape) throws(GraphError) -> Value {
    if self.shape(of: x) == shape { return x }
    return try apply(Broadcast(shape: shape), [x])
  }
}

extension Sum {
  static var entry: PrimitiveEntry {
    let cases: [(Shape, [Int])] = [
      ([3, 4], [0]), ([3, 4], [1]), ([3, 4], [0, 1]), ([2, 3, 4], [1]), ([2, 3, 4, 5], [0, 2, 3]),
      ([2, 3, 4], [0, 2]), ([5], [0]), ([3, 1, 2], []), ([40, 19], [0]),
    ]
    return PrimitiveEntry(
      "sum",
      cases: cases.flatMap { shape, axes in
        [true, false].map { keeps in
          PrimitiveCase(
            Sum(axes: axes, keepsAxes: keeps), [.init(shape)],
            torch: axes.isEmpty
              ? "a.clone()" : "torch.sum(a, dim=\(axes), keepdim=\(keeps ? "True" : "False"))")
        }
      })
  }
}

extension Broadcast {
  static var entry: PrimitiveEntry {
    let shapes: [(Shape, Shape)] = [
      ([], [3, 4]), ([4], [3, 4]), ([3, 1], [3, 4]), ([2, 1, 4], [2, 3, 4]), ([1], [7]),
    ]
    return PrimitiveEntry(
      "broadcast",
      cases: shapes.map {
        PrimitiveCase(
          Broadcast(shape: $1), [.init($0)], torch: "a.expand(\($1)).clone()")
      })
  }
}
