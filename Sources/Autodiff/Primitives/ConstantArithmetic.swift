import Kernels
import Tensors

/// A function of one number and a constant.
struct ConstantArithmetic: ElementPrimitive {
  enum Operation: Hashable, Sendable {
    /// `number · x`.
    case scale(Double)
    /// `x + number`.
    case offset(Double)
    /// `x` where it lies between the limits, else the nearer one; the derivative at a limit is 1.
    case clip(Double, Double)
  }

  let operation: Operation

  var name: String {
    switch operation {
    case .scale: "scale"
    case .offset: "offset"
    case .clip: "clip"
    }
  }

  var program: ElementProgram {
    switch operation {
    case .scale(let number): return ElementProgram(.unary(.scale(number)))
    case .offset(let number): return ElementProgram(.unary(.offset(number)))
    case .clip(let low, let high):
      let lower = ElementProgram(.unary(.atLeast(low)))
      let upper = ElementProgram(.unary(.atMost(high)))
      if high == .infinity { return lower }
      if low == -.infinity { return upper }
      return upper.composed(input: 0, with: lower, same: [nil]) ?? lower
    }
  }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    try TypeCheck.floats(inputs)
    if case .clip(let low, let high) = operation, !(low <= high) {
      throw GraphError(
        .invalidSetting, "the limits are \(low) and \(high)",
        rule: "the lower limit is at most the upper one")
    }
    return inputs[0]
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    switch operation {
    case .scale(let number): return [try context.graph.scale(context.cotangent, by: number)]
    case .offset: return [context.cotangent]
    case .clip:
      let isInside = try context.graph.equal(context.inputs[0], context.output)
      return [try context.graph.multiply(context.cotangent, isInside)]
    }
  }
}

extension Graph {
  /// `factor · x`.
  public mutating func scale(_ x: Value, by factor: Double) throws(GraphError) -> Value {
    try apply(ConstantArithmetic(operation: .scale(factor)), [x])
  }

  /// `x + number`.
  public mutating func offset(_ x: Value, by number: Double) throws(GraphError) -> Value {
    try apply(ConstantArithmetic(operation: .offset(number)), [x])
  }

  /// `x` where it lies between the limits, else the nearer one.
  public mutating func clip(
    _ x: Value, from low: Double, to high: Double
  ) throws(GraphError) -> Value {
    try apply(ConstantArithmetic(operation: .clip(low, high)), [x])
  }
}

extension ConstantArithmetic {
  static var entries: [PrimitiveEntry] {
    let shapes: [Shape] = [[], [7], [1, 1], [3, 4], [2, 3, 5]]
    let operations: [(Operation, String)] = [
      (.scale(-2.5), "a * -2.5"), (.offset(0.75), "a + 0.75"),
      (.clip(-0.8, 1.1), "torch.clamp(a, -0.8, 1.1)"),
    ]
    return operations.map { operation, torch in
      let primitive = ConstantArithmetic(operation: operation)
      return PrimitiveEntry(
        primitive.name, cases: shapes.map { PrimitiveCase(primitive, [.init($0)], torch: torch) })
    }
  }
}
