import Autodiff
import JSON

/// An activation that the author of a spec wrote, with named constants and learned parameters.
public struct ActivationExpression: Hashable, Sendable {
  public let expression: ElementExpression
  public let parameters: [LearnedNumber]
  let behaviour: ExpressionBehaviour

  static let variable = "x"

  static let documentation = CatalogEntry(
    type: "expression", summary: "An activation of your own, written as an expression in x.",
    formula: "expression",
    fields: [
      ExpressionReader.expression, ExpressionReader.constants, ExpressionReader.parameters,
    ], weights: ["a [1] for each learned parameter, or [C] per channel"],
    source: "docs/expressions.md; \"type\" may be left out.")

  /// - Returns: `nil` after a fault, which is recorded in the reader.
  init?(from reader: inout ObjectReader) {
    guard
      let reading = ExpressionReader.read(
        &reader, variables: [ActivationExpression.variable], learns: true)
    else { return nil }
    expression = reading.expression
    parameters = reading.parameters
    behaviour = reading.behaviour
  }

  var json: JSON {
    var object = JSONObject([
      ("type", "expression"), ("expression", .string(expression.source)),
    ])
    if let constants = expression.constantsJSON { object["constants"] = constants }
    if !parameters.isEmpty {
      object["parameters"] = .object(JSONObject(parameters.map { ($0.name, $0.json) }))
    }
    return .object(object)
  }

  /// - Shapes: parameters broadcast to x.
  func apply(
    to x: Value, parameters values: [Value], in graph: inout Graph
  ) throws(GraphError) -> Value {
    let named = zip(parameters, values).map { (name: $0.name, value: $1) }
    return try expression.apply(
      "expression", to: [(ActivationExpression.variable, x)] + named, in: &graph)
  }
}
