import Autodiff
import Expressions
import JSON
import Tensors

/// A loss of your own, written as an expression in prediction and target.
///
/// `reduction over f(prediction, target)`, element by element.
///
/// - Shapes: output `[N, …]`, target the same.
public struct ExpressionLoss: Loss {
  public enum Reduction: String, Hashable, Sendable, CaseIterable {
    /// Over all elements of the batch.
    case mean
    /// Over all elements of the batch.
    case sum
    /// The sum over an example's elements, the mean over examples.
    case batchMean = "batch_mean"
  }

  public let expression: ElementExpression
  public let reduction: Reduction

  private static let variables = ["prediction", "target"]
  private static let reductionField = Field(
    "reduction", .choice(Reduction.allCases.map(\.rawValue)), default: "mean",
    "\"mean\" or \"sum\" over all elements of a batch; \"batch_mean\" is the sum over an example's elements, the mean over examples."
  )

  public static let documentation = CatalogEntry(
    type: "expression",
    summary: "A loss of your own, written as an expression in prediction and target.",
    formula: "the reduction of f(prediction, target), element by element",
    shapes: "output […], target […]; or output [K] and one of K classes, as 0 and 1",
    fields: [ExpressionReader.expression, ExpressionReader.constants, reductionField],
    source: "docs/expressions.md; \"type\" may be left out.")

  public init(from reader: inout ObjectReader) {
    let reading = ExpressionReader.read(
      &reader, variables: ExpressionLoss.variables, learns: false)
    // Something to go on with after a fault, which is recorded.
    expression =
      reading?.expression
      ?? ElementExpression("prediction", ExpressionNode(kind: .name("prediction"), column: 1))
    reduction = Reduction(rawValue: reader.choice(ExpressionLoss.reductionField)) ?? .mean
  }

  public var configuration: [(String, JSON)] {
    [("expression", .string(expression.source))]
      + (expression.constantsJSON.map { [("constants", $0)] } ?? [])
      + [("reduction", .string(reduction.rawValue))]
  }

  public func encoding(output: Shape, target: LossTarget) throws(ShapeFault) -> TargetEncoding {
    try NumberTargets.encoding(output: output, target: target)
  }

  public func build(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let elements = try expression.apply(
      "expression_loss", to: [("prediction", output), ("target", target)], in: &graph)
    switch reduction {
    case .mean: return try graph.mean(elements)
    case .sum: return try graph.sum(elements)
    case .batchMean:
      return try graph.scale(graph.sum(elements), by: 1 / Double(graph.shape(of: elements)[0]))
    }
  }
}
