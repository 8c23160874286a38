import Autodiff
import Expressions

/// Turns a checked tree into operations of a graph.
struct ExpressionCompiler {
  /// Numbers by name: the constants, `pi` and `e`.
  let constants: [String: Double]
  /// Values by name: variables and learned parameters.
  let values: [String: Value]

  func value(of node: ExpressionNode, in graph: inout Graph) throws(GraphError) -> Value {
    if let number = number(node) { return graph.scalar(number) }
    switch node.kind {
    case .number(let number): return graph.scalar(number)
    case .name(let name):
      guard let value = values[name] else {
        throw GraphError(.unknownValue, "the expression has no \"\(name)\"")
      }
      return value
    case .negated(let operand): return try graph.negate(value(of: operand, in: &graph))
    case .binary(let symbol, let left, let right):
      return try binary(symbol, left, right, in: &graph)
    case .call(let name, let nodes):
      guard let function = ExpressionFunctionCatalog.byName[name],
        function.call.arity.contains(nodes.count)
      else { throw GraphError(.invalidSetting, "\"\(name)\" can't be called so") }
      var arguments: [ExpressionFunction.Argument] = []
      for node in nodes { arguments.append(try argument(node, in: &graph)) }
      return try function.build(&graph, arguments)
    }
  }

  private func argument(
    _ node: ExpressionNode, in graph: inout Graph
  ) throws(GraphError) -> ExpressionFunction.Argument {
    ExpressionFunction.Argument(value: try value(of: node, in: &graph), number: number(node))
  }

  private func binary(
    _ symbol: ExpressionNode.Operator, _ left: ExpressionNode, _ right: ExpressionNode,
    in graph: inout Graph
  ) throws(GraphError) -> Value {
    if symbol == .power {
      return try graph.power(argument(left, in: &graph), to: argument(right, in: &graph))
    }
    let a = try value(of: left, in: &graph)
    let b = try value(of: right, in: &graph)
    switch symbol {
    case .add: return try graph.add(a, b)
    case .subtract: return try graph.subtract(a, b)
    case .multiply: return try graph.multiply(a, b)
    case .divide: return try graph.divide(a, b)
    case .power: return try graph.power(a, b)
    case .less: return try graph.less(a, b)
    case .lessEqual: return try graph.lessEqual(a, b)
    case .greater: return try graph.greater(a, b)
    case .greaterEqual: return try graph.greaterEqual(a, b)
    case .equal: return try graph.equal(a, b)
    case .notEqual: return try graph.notEqual(a, b)
    }
  }

  /// The number that a node is, when it's made of numbers, constants and the four operations.
  private func number(_ node: ExpressionNode) -> Double? {
    switch node.kind {
    case .number(let number): return number
    case .name(let name): return constants[name]
    case .negated(let operand): return number(operand).map { -$0 }
    case .binary(let symbol, let left, let right):
      guard let a = number(left), let b = number(right) else { return nil }
      switch symbol {
      case .add: return a + b
      case .subtract: return a - b
      case .multiply: return a * b
      case .divide: return a / b
      default: return nil
      }
    case .call: return nil
    }
  }
}

extension Graph {
  /// `xʸ`, by products where the exponent is a small integer, which also negative numbers have.
  mutating func power(
    _ x: ExpressionFunction.Argument, to y: ExpressionFunction.Argument
  ) throws(GraphError) -> Value {
    guard let exponent = y.number else { return try power(x.value, y.value) }
    if exponent == 0.5 { return try sqrt(x.value) }
    if exponent == -0.5 { return try rsqrt(x.value) }
    guard exponent == exponent.rounded(), abs(exponent) <= 16 else {
      return try power(x.value, y.value)
    }
    if exponent == 0 { return scalar(1) }
    var rest = Int(abs(exponent))
    var square = x.value
    var product: Value?
    while true {
      if rest % 2 == 1 {
        product = try product.map { (p) throws(GraphError) in try multiply(p, square) } ?? square
      }
      rest /= 2
      if rest == 0 { break }
      square = try self.square(square)
    }
    guard let product else { return scalar(1) }
    return exponent < 0 ? try reciprocal(product) : product
  }
}
