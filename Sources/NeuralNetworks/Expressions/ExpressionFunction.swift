import Autodiff
import Expressions
import JSON

/// A function that expressions may call.
public struct ExpressionFunction: Sendable {
  /// What a call is given: a value of the graph, and the number that it is, if it is written out.
  struct Argument {
    let value: Value
    let number: Double?
  }

  /// Its name and its arguments.
  public let call: FunctionSignature
  public let formula: String
  /// `false` for steps, whose derivative is 0 wherever there is one.
  public let hasSlope: Bool
  let build: @Sendable (inout Graph, [Argument]) throws(GraphError) -> Value

  init(
    _ name: String, aliases: [String] = [], _ arguments: [String], optional: Int = 0,
    repeats: Bool = false, _ formula: String, hasSlope: Bool = true,
    build: @escaping @Sendable (inout Graph, [Argument]) throws(GraphError) -> Value
  ) {
    call = FunctionSignature(
      name, aliases: aliases, arguments, optional: optional, repeats: repeats)
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

  public var name: String { call.name }
  public var aliases: [String] { call.aliases }
  /// `clip(x, low, high)`.
  public var signature: String { call.text }

  var documentation: CatalogEntry {
    CatalogEntry(
      type: name, aliases: aliases, summary: "A function of expressions: \(signature).",
      formula: formula, source: "docs/expressions.md")
  }
}
