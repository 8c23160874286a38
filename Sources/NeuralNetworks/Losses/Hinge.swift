import Autodiff
import JSON
import Tensors

/// For yes or no, as a margin: targets 0 and 1 stand for -1 and 1.
///
/// `max(0, 1 - (2t - 1) x)`, the mean over all elements.
public struct Hinge: ElementwiseLoss {
  public static let documentation = CatalogEntry(
    type: "hinge",
    summary: "For yes or no, as a margin: targets 0 and 1 stand for -1 and 1.",
    formula: "max(0, 1 - (2t - 1) x), the mean over all elements", shapes: shapes,
    source: "Cortes and Vapnik 1995, doi:10.1007/BF00994018.")

  public init(from reader: inout ObjectReader) {}

  func element(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try graph.activation(.relu, Hinge.shortfall(output, target, in: &graph))
  }

  /// What is missing of the margin: `1 - (2t - 1) x`.
  static func shortfall(
    _ output: Value, _ target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let sign = try graph.offset(graph.scale(target, by: 2), by: -1)
    return try graph.offset(graph.negate(graph.multiply(sign, output)), by: 1)
  }
}
