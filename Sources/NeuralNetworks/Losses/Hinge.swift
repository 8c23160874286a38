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

  public var decisionThreshold: Double { 0 }

  public func objection(toFinal activation: Activation) -> String? {
    Hinge.objection(of: "hinge", toFinal: activation)
  }

  func element(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try graph.activation(.relu, Hinge.shortfall(output, target, in: &graph))
  }

  /// Why probabilities can't reach a margin on the side of no.
  static func objection(of loss: String, toFinal activation: Activation) -> String? {
    guard activation.kind == .sigmoid || activation.kind == .softmax else { return nil }
    return
      "\(loss) takes scores from -1 and below for no to 1 and above for yes, which probabilities "
      + "aren't: leave out the model's last activation, or take tanh"
  }

  /// What is missing of the margin: `1 - (2t - 1) x`.
  static func shortfall(
    _ output: Value, _ target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let sign = try graph.offset(graph.scale(target, by: 2), by: -1)
    return try graph.offset(graph.negate(graph.multiply(sign, output)), by: 1)
  }
}
