import Autodiff
import Expressions
import JSON

/// A function of elements that the author of a spec wrote: `x * tanh(softplus(x))`.
///
/// One is made by `ExpressionReader`, which finds every fault first.
public struct ElementExpression: Hashable, Sendable {
  public let source: String
  let root: ExpressionNode
  /// Named constants, in the order of the document.
  let constants: [NamedNumber]

  struct NamedNumber: Hashable, Sendable {
    let name: String
    let value: Double
  }

  /// The constants by name; `nil` when there are none.
  var constantsJSON: JSON? {
    if constants.isEmpty { return nil }
    return .object(JSONObject(constants.map { ($0.name, .number($0.value)) }))
  }

  /// Operators and calls.
  var operations: Int { root.operations }

  /// Reads an expression, of which any name may be a part.
  ///
  /// - Throws: `ExpressionError` with the column of what is no expression.
  init(parsing source: String, constants: [NamedNumber] = []) throws(ExpressionError) {
    self.init(source, try ExpressionParser.parse(source), constants: constants)
  }

  init(_ source: String, _ root: ExpressionNode, constants: [NamedNumber] = []) {
    self.source = source
    self.root = root
    self.constants = constants
  }

  /// The names in the text, of functions too.
  var names: Set<String> {
    var names: Set<String> = []
    root.forEach { node in
      switch node.kind {
      case .name(let name), .call(let name, _): names.insert(name)
      case .number, .negated, .binary: break
      }
    }
    return names
  }

  /// Adds the expression to a graph as one operation.
  ///
  /// - Parameter variables: what variables and learned parameters stand for; broadcast.
  func apply(
    _ name: String, to variables: [(name: String, value: Value)], in graph: inout Graph
  ) throws(GraphError) -> Value {
    try graph.chain(name, variables.map(\.value)) { (graph, places) throws(GraphError) in
      var values: [String: Value] = [:]
      for (variable, place) in zip(variables, places) { values[variable.name] = place }
      return try build(values, in: &graph)
    }
  }

  /// Adds the expression to a graph, an operation for each of its own.
  func build(_ values: [String: Value], in graph: inout Graph) throws(GraphError) -> Value {
    var numbers = ExpressionChecker.numbers
    for constant in constants { numbers[constant.name] = constant.value }
    return try ExpressionCompiler(constants: numbers, values: values).value(of: root, in: &graph)
  }
}
