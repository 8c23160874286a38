import Kernels
import Tensors

/// An operation of two tensors, element by element, with NumPy's broadcasting.
struct Arithmetic: Primitive {
  enum Operation: String, Hashable, Sendable, CaseIterable {
    case add, subtract, multiply, divide
  }

  let operation: Operation

  var name: String { operation.rawValue }
  var overwritableInputs: [Int] { [0, 1] }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...2)
    try TypeCheck.floats(inputs)
    guard let shape = inputs[0].shape.broadcast(with: inputs[1].shape) else {
      throw GraphError(
        .shapeMismatch, "\(inputs[0].shape) and \(inputs[1].shape) don't meet",
        rule: "counted from the last, axes are equal or one of them is 1")
    }
    return TensorType(shape, inputs[0].element)
  }

  func lower(_ context: inout Lowering) {
    let (a, b, y) = (context.input(0), context.input(1), context.output)
    let kernel: Kernels.Operation =
      switch operation {
      case .add: .add
      case .subtract: .subtract
      case .multiply: .multiply
      case .divide: .divide
      }
    context.emit(
      Kernels.binary(
        kernel, name, context.element, a: a.pointer, aShape: a.shape, b: b.pointer,
        bShape: b.shape, y: y.pointer, shape: y.shape))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let (a, b) = (context.inputs[0], context.inputs[1])
    let cotangent = context.cotangent
    switch operation {
    case .add:
      return [cotangent, cotangent]
    case .subtract:
      return [cotangent, context.isNeeded(1) ? try context.graph.negate(cotangent) : nil]
    case .multiply:
      return [
        context.isNeeded(0) ? try context.graph.multiply(cotangent, b) : nil,
        context.isNeeded(1) ? try context.graph.multiply(cotangent, a) : nil,
      ]
    case .divide:
      let forNumerator = try context.graph.divide(cotangent, b)
      guard context.isNeeded(1) else { return [forNumerator, nil] }
      let product = try context.graph.multiply(forNumerator, context.output)
      return [forNumerator, try context.graph.negate(product)]
    }
  }
}

extension Graph {
  /// `a + b`, broadcast.
  public mutating func add(_ a: Value, _ b: Value) throws(GraphError) -> Value {
    try apply(Arithmetic(operation: .add), [a, b])
  }

  /// `a - b`, broadcast.
  public mutating func subtract(_ a: Value, _ b: Value) throws(GraphError) -> Value {
    try apply(Arithmetic(operation: .subtract), [a, b])
  }

  /// `a · b` element by element, broadcast.
  public mutating func multiply(_ a: Value, _ b: Value) throws(GraphError) -> Value {
    try apply(Arithmetic(operation: .multiply), [a, b])
  }

  /// `a / b`, broadcast.
  public mutating func divide(_ a: Value, _ b: Value) throws(GraphError) -> Value {
    try apply(Arithmetic(operation: .divide), [a, b])
  }
}
