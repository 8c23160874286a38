import Autodiff
import JSON

/// A function that expressions may call.
public struct ExpressionFunction: Sendable {
  /// What a call is given: a value of the graph, and the number that it is, if it is written out.
  struct Argument {
    let value: Value
    let number: Double?
  }

  public let name: String
  public let aliases: [String]
  /// The arguments' names, for messages: `x, low, high`.
  public let arguments: [String]
  /// How many may be left out at the end.
  let optional: Int
  /// Whether the last argument may be repeated.
  let repeats: Bool
  public let formula: String
  /// `false` for steps, whose derivative is 0 wherever there is one.
  public let hasSlope: Bool
  let build: @Sendable (inout Graph, [Argument]) throws(GraphError) -> Value

  init(
    _ name: String, aliases: [String] = [], _ arguments: [String], optional: Int = 0,
    repeats: Bool = false, _ formula: String, hasSlope: Bool = true,
    build: @escaping @Sendable (inout Graph, [Argument]) throws(GraphError) -> Value
  ) {
    self.name = name
    self.aliases = aliases
    self.arguments = arguments
    self.optional = optional
    self.repeats = repeats
    self.formula = formula
    self.hasSlope = hasSlope
    self.build = build
  }

  /// A function of one number that the graph has.
  init(
    _ name: String, aliases: [String] = [], _ formula: String, hasSlope: Bool = true,
    _ operation: @escaping @Sendable (inout Graph, Value) throws(GraphError) -> Value
  ) {
    self.init(name, aliases: aliases, ["x"], formula, hasSlope: hasSlope) {
      (graph: inout Graph, x: [Argument]) throws(GraphError) in try operation(&graph, x[0].value)
    }
  }

  /// How many arguments a call may have.
  var arity: ClosedRange<Int> {
    arguments.count - optional...(repeats ? ExpressionLimits.nodes : arguments.count)
  }

  /// `clip(x, low, high)`.
  public var signature: String {
    "\(name)(\(arguments.joined(separator: ", "))\(repeats ? ", …" : ""))"
  }

  var documentation: CatalogEntry {
    CatalogEntry(
      type: name, aliases: aliases, summary: "A function of expressions: \(signature).",
      formula: formula, source: "docs/expressions.md")
  }
}
