import Autodiff
import JSON
import Tensors

/// For yes or no, as a margin that is squared: targets 0 and 1 stand for -1 and 1.
///
/// `max(0, 1 - (2t - 1) x)²`, the mean over all elements.
public struct SquaredHinge: ElementwiseLoss {
  public static let documentation = CatalogEntry(
    type: "squared_hinge",
    summary: "For yes or no, as a margin that is squared: targets 0 and 1 stand for -1 and 1.",
    formula: "max(0, 1 - (2t - 1) x)², the mean over all elements", shapes: shapes,
    source: "Tang 2013, arXiv:1306.0239.")

  public init(from reader: inout ObjectReader) {}

  public var decisionThreshold: Double { 0 }

  public func objection(toFinal activation: Activation) -> String? {
    Hinge.objection(of: "squared_hinge", toFinal: activation)
  }

  func element(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try graph.square(
      graph.activation(.relu, Hinge.shortfall(output, target, in: &graph)))
  }
}
