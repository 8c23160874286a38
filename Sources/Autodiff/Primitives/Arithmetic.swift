import Kernels
import Tensors

/// An operation of two tensors, element by element, with NumPy's broadcasting.
struct Arithmetic: ElementPrimitive {
  enum Operation: String, Hashable, Sendable, CaseIterable {
    case add, subtract, multiply, divide
    /// `aᵇ`; the derivative by `b` is 0 where `a` is 0.
    case power
    /// Where both are equal, each gets half of the derivative.
    case maximum, minimum
    case equal
    case notEqual = "not_equal"
    case less
    case lessEqual = "less_equal"
    case greater
    case greaterEqual = "greater_equal"

    /// Whether the result is 1 or 0.
    var isComparison: Bool {
      switch self {
      case .add, .subtract, .multiply, .divide, .power, .maximum, .minimum: false
      case .equal, .notEqual, .less, .lessEqual, .greater, .greaterEqual: true
      }
    }

    var kernel: Kernels.Operation {
      switch self {
      case .add: .add
      case .subtract: .subtract
      case .multiply: .multiply
      case .divide: .divide
      case .power: .power
      case .maximum: .maximum
      case .minimum: .minimum
      case .equal: .equal
      case .notEqual: .notEqual
      case .less: .less
      case .lessEqual: .lessEqual
      case .greater: .greater
      case .greaterEqual: .greaterEqual
      }
    }
  }

  let operation: Operation

  var name: String { operation.rawValue }
  var program: ElementProgram { ElementProgram(.binary(operation.kernel)) }

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
    case .power:
      return [
        context.isNeeded(0) ? try powerByBase(&context, a, b) : nil,
        context.isNeeded(1) ? try powerByExponent(&context, a) : nil,
      ]
    case .maximum, .minimum:
      return [
        context.isNeeded(0) ? try share(&context, a, b) : nil,
        context.isNeeded(1) ? try share(&context, b, a) : nil,
      ]
    case .equal, .notEqual, .less, .lessEqual, .greater, .greaterEqual:
      return [nil, nil]
    }
  }

  /// `b aᵇ⁻¹ dy`.
  private func powerByBase(
    _ context: inout DerivativeContext, _ a: Value, _ b: Value
  ) throws(GraphError) -> Value {
    let lower = try context.graph.power(a, context.graph.offset(b, by: -1))
    let slope = try context.graph.multiply(b, lower)
    // 0 where the exponent is 0, though 0⁻¹ is infinite.
    let zero = context.graph.scalar(0)
    let isConstant = try context.graph.equal(b, zero)
    return try context.graph.multiply(
      context.cotangent, context.graph.select(isConstant, zero, slope))
  }

  /// `aᵇ ln a dy`.
  private func powerByExponent(
    _ context: inout DerivativeContext, _ a: Value
  ) throws(GraphError) -> Value {
    let zero = context.graph.scalar(0)
    let isZero = try context.graph.equal(a, zero)
    let logarithm = try context.graph.log(
      context.graph.select(isZero, context.graph.scalar(1), a))
    let slope = try context.graph.multiply(context.output, logarithm)
    return try context.graph.multiply(context.cotangent, slope)
  }

  /// `dy` where `own` is the one that was taken, half of it where both are equal.
  private func share(
    _ context: inout DerivativeContext, _ own: Value, _ other: Value
  ) throws(GraphError) -> Value {
    let wins =
      operation == .maximum
      ? try context.graph.greater(own, other) : try context.graph.less(own, other)
    let draws = try context.graph.scale(context.graph.equal(own, other), by: 0.5)
    return try context.graph.multiply(context.cotangent, context.graph.add(wins, draws))
  }
}

/// `a` where the condition isn't 0, else `b`; broadcast.
struct Select: ElementPrimitive {
  var name: String { "where" }
  var program: ElementProgram { ElementProgram(.select) }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let (condition, zero) = (context.inputs[0], context.graph.scalar(0))
    return [
      nil,
      context.isNeeded(1)
        ? try context.graph.select(condition, context.cotangent, zero) : nil,
      context.isNeeded(2)
        ? try context.graph.select(condition, zero, context.cotangent) : nil,
    ]
  }
}

extension Graph {
  /// A constant of no axes.
  public mutating func scalar(_ number: Double) -> Value { constant(number, shape: []) }

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

  /// `aᵇ`, broadcast.
  public mutating func power(_ a: Value, _ b: Value) throws(GraphError) -> Value {
    try apply(Arithmetic(operation: .power), [a, b])
  }

  /// The larger of both, NaN when either is; broadcast.
  public mutating func maximum(_ a: Value, _ b: Value) throws(GraphError) -> Value {
    try apply(Arithmetic(operation: .maximum), [a, b])
  }

  /// The smaller of both, NaN when either is; broadcast.
  public mutating func minimum(_ a: Value, _ b: Value) throws(GraphError) -> Value {
    try apply(Arithmetic(operation: .minimum), [a, b])
  }

  /// 1 where `a = b`, else 0; broadcast.
  public mutating func equal(_ a: Value, _ b: Value) throws(GraphError) -> Value {
    try apply(Arithmetic(operation: .equal), [a, b])
  }

  /// 1 where `a ≠ b`, else 0; broadcast.
  public mutating func notEqual(_ a: Value, _ b: Value) throws(GraphError) -> Value {
    try apply(Arithmetic(operation: .notEqual), [a, b])
  }

  /// 1 where `a < b`, else 0; broadcast.
  public mutating func less(_ a: Value, _ b: Value) throws(GraphError) -> Value {
    try apply(Arithmetic(operation: .less), [a, b])
  }

  /// 1 where `a ≤ b`, else 0; broadcast.
  public mutating func lessEqual(_ a: Value, _ b: Value) throws(GraphError) -> Value {
    try apply(Arithmetic(operation: .lessEqual), [a, b])
  }

  /// 1 where `a > b`, else 0; broadcast.
  public mutating func greater(_ a: Value, _ b: Value) throws(GraphError) -> Value {
    try apply(Arithmetic(operation: .greater), [a, b])
  }

  /// 1 where `a ≥ b`, else 0; broadcast.
  public mutating func greaterEqual(_ a: Value, _ b: Value) throws(GraphError) -> Value {
    try apply(Arithmetic(operation: .greaterEqual), [a, b])
  }

  /// `a` where the condition isn't 0, else `b`; broadcast. What isn't chosen may be NaN.
  public mutating func select(
    _ condition: Value, _ a: Value, _ b: Value
  ) throws(GraphError) -> Value {
    try apply(Select(), [condition, a, b])
  }
}

extension Arithmetic {
  static var entries: [PrimitiveEntry] {
    let python: [Operation: String] = [
      .add: "a + b", .subtract: "a - b", .multiply: "a * b", .divide: "a / b", .power: "a ** b",
      .maximum: "torch.maximum(a, b)", .minimum: "torch.minimum(a, b)",
      .equal: "(a == b).double()", .notEqual: "(a != b).double()", .less: "(a < b).double()",
      .lessEqual: "(a <= b).double()", .greater: "(a > b).double()",
      .greaterEqual: "(a >= b).double()",
    ]
    let shapes: [(Shape, Shape)] = [
      ([3, 4], [3, 4]), ([3, 4], [4]), ([3, 4], [3, 1]), ([4], [3, 4]), ([3, 4], []),
      ([], [2, 3]), ([2, 3, 1, 5], [3, 4, 1]), ([2, 1, 4], [1, 3, 1]), ([37], [37]), ([1], [1]),
    ]
    return Operation.allCases.map { operation in
      let primitive = Arithmetic(operation: operation)
      let first: PrimitiveCase.Numbers = operation == .power ? .positive : .signed
      let second: PrimitiveCase.Numbers = operation == .divide ? .positive : .signed
      return PrimitiveEntry(
        primitive.name, isPiecewiseConstant: operation.isComparison,
        cases: shapes.map {
          PrimitiveCase(
            primitive, [.init($0, first), .init($1, second)], torch: python[operation])
        })
    }
  }
}

extension Select {
  static var entry: PrimitiveEntry {
    let shapes: [(Shape, Shape, Shape)] = [
      ([3, 4], [3, 4], [3, 4]), ([4], [3, 4], [3, 1]), ([3, 1], [], [4]), ([5], [5], []),
      ([2, 1, 3], [3], [2, 2, 1]), ([1], [1], [1]),
    ]
    return PrimitiveEntry(
      "where",
      cases: shapes.map {
        PrimitiveCase(
          Select(), [.init($0, .mask), .init($1), .init($2)], torch: "torch.where(a != 0, b, c)")
      })
  }
}
