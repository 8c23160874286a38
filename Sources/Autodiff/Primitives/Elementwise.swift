import Kernels
import Tensors

/// A function of one number, applied to each element.
struct Elementwise: Primitive {
  enum Function: String, Hashable, Sendable, CaseIterable {
    case negate, exp, log, sqrt, square
  }

  let function: Function

  var name: String { function.rawValue }
  var overwritableInputs: [Int] { [0] }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    try TypeCheck.floats(inputs)
    return inputs[0]
  }

  func lower(_ context: inout Lowering) {
    switch function {
    case .negate: context.emit(unary: .negate, name)
    case .exp: context.emit(unary: .exp, name)
    case .log: context.emit(unary: .log, name)
    case .sqrt: context.emit(unary: .squareRoot, name)
    case .square: context.emit(unary: .square, name)
    }
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let (x, y, cotangent) = (context.inputs[0], context.output, context.cotangent)
    switch function {
    case .negate: return [try context.graph.negate(cotangent)]
    case .exp: return [try context.graph.multiply(cotangent, y)]
    case .log: return [try context.graph.divide(cotangent, x)]
    case .sqrt:
      let half = try context.graph.scale(cotangent, by: 0.5)
      return [try context.graph.divide(half, y)]
    case .square:
      let double = try context.graph.scale(cotangent, by: 2)
      return [try context.graph.multiply(double, x)]
    }
  }
}

/// A constant times each element.
struct Scale: Primitive {
  let factor: Double

  var name: String { "scale" }
  var overwritableInputs: [Int] { [0] }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    try TypeCheck.floats(inputs)
    return inputs[0]
  }

  func lower(_ context: inout Lowering) { context.emit(unary: .scale(factor), name) }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    [try context.graph.scale(context.cotangent, by: factor)]
  }
}

extension Lowering {
  /// A function of each element of the first input.
  mutating func emit(unary function: Kernels.Function, _ name: String) {
    emit(
      Kernels.unary(
        function, name, element, x: input(0).pointer, y: output.pointer, count: output.count))
  }
}

extension Graph {
  /// `-x`.
  public mutating func negate(_ x: Value) throws(GraphError) -> Value {
    try apply(Elementwise(function: .negate), [x])
  }

  /// `eˣ`.
  public mutating func exp(_ x: Value) throws(GraphError) -> Value {
    try apply(Elementwise(function: .exp), [x])
  }

  /// The natural logarithm.
  public mutating func log(_ x: Value) throws(GraphError) -> Value {
    try apply(Elementwise(function: .log), [x])
  }

  /// `√x`.
  public mutating func sqrt(_ x: Value) throws(GraphError) -> Value {
    try apply(Elementwise(function: .sqrt), [x])
  }

  /// `x²`.
  public mutating func square(_ x: Value) throws(GraphError) -> Value {
    try apply(Elementwise(function: .square), [x])
  }

  /// `factor · x`.
  public mutating func scale(_ x: Value, by factor: Double) throws(GraphError) -> Value {
    try apply(Scale(factor: factor), [x])
  }
}
