import Kernels
import Tensors

/// `softmax(x)` or its logarithm, over the last axis.
struct Softmax: Primitive {
  let isLogarithm: Bool

  var name: String { isLogarithm ? "log_softmax" : "softmax" }
  var overwritableInputs: [Int] { [0] }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    try TypeCheck.floats(inputs)
    guard inputs[0].shape.rank > 0 else {
      throw GraphError(
        .rankMismatch, "the input \(inputs[0].shape) has no axis", rule: "[…, K] -> […, K]")
    }
    return inputs[0]
  }

  func lower(_ context: inout Lowering) {
    let width = context.output.shape.dimensions.last ?? 1
    context.emit(
      Kernels.softmax(
        isLogarithm: isLogarithm, context.element, x: context.input(0).pointer,
        y: context.output.pointer, rows: context.output.count / width, width: width))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let gradient = SoftmaxGradient(isLogarithm: isLogarithm)
    return [try context.graph.apply(gradient, [context.cotangent, context.output])]
  }
}

/// `dx = y (dy - Σ dy y)`, or for the logarithm `dx = dy - eʸ Σ dy`.
struct SoftmaxGradient: Primitive {
  let isLogarithm: Bool

  var name: String { isLogarithm ? "log_softmax_gradient" : "softmax_gradient" }
  var overwritableInputs: [Int] { [0] }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...2)
    try TypeCheck.floats(inputs)
    try TypeCheck.same(inputs[0], inputs[1], "cotangent and output")
    return inputs[0]
  }

  func lower(_ context: inout Lowering) {
    let width = context.output.shape.dimensions.last ?? 1
    context.emit(
      Kernels.softmaxGradient(
        isLogarithm: isLogarithm, context.element, dy: context.input(0).pointer,
        y: context.input(1).pointer, dx: context.output.pointer,
        rows: context.output.count / width, width: width))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let (dy, y, cotangent) = (context.inputs[0], context.inputs[1], context.cotangent)
    if isLogarithm {
      // Σ c eʸ, for dy; -c eʸ Σ dy, for y.
      let weighted = try context.graph.multiply(cotangent, context.graph.exp(y))
      let sum = try context.graph.sum(weighted, axes: [-1], keepsAxes: true)
      let total = try context.graph.sum(dy, axes: [-1], keepsAxes: true)
      let product = try context.graph.multiply(weighted, total)
      return [
        try context.graph.subtract(cotangent, sum), try context.graph.negate(product),
      ]
    }
    // It's symmetric in dy; c (dy - Σ dy y) - dy Σ c y, for y.
    let first = try context.graph.apply(self, [cotangent, y])
    guard context.isNeeded(1) else { return [first, nil] }
    let s = try context.graph.sum(context.graph.multiply(dy, y), axes: [-1], keepsAxes: true)
    let t = try context.graph.sum(
      context.graph.multiply(cotangent, y), axes: [-1], keepsAxes: true)
    let left = try context.graph.multiply(cotangent, context.graph.subtract(dy, s))
    let right = try context.graph.multiply(dy, t)
    return [first, try context.graph.subtract(left, right)]
  }
}

extension Graph {
  /// `eˣ / Σ eˣ` over the last axis.
  public mutating func softmax(_ x: Value) throws(GraphError) -> Value {
    try apply(Softmax(isLogarithm: false), [x])
  }

  /// `x - log Σ eˣ` over the last axis.
  public mutating func logSoftmax(_ x: Value) throws(GraphError) -> Value {
    try apply(Softmax(isLogarithm: true), [x])
  }
}

extension Softmax {
  static var entries: [PrimitiveEntry] {
    [false, true].flatMap { isLogarithm in
      let function = Softmax(isLogarithm: isLogarithm)
      let gradient = SoftmaxGradient(isLogarithm: isLogarithm)
      let shapes: [Shape] = [[3, 4], [5], [2, 3, 7], [4, 2], [2, 33]]
      return [
        PrimitiveEntry(
          function.name,
          cases: shapes.map {
            PrimitiveCase(function, [.init($0)], torch: "F.\(function.name)(a, -1)")
          }),
        PrimitiveEntry(
          gradient.name, isDerivativeOf: function.name,
          cases: shapes.map {
            PrimitiveCase(gradient, [.init($0), .init($0, isLogarithm ? .signed : .distribution)])
          }),
      ]
    }
  }
}
