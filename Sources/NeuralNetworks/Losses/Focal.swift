import Autodiff
import JSON
import Tensors

/// For yes or no where one is rare: cross entropy that easy examples weigh less in, from logits.
///
/// `alpha_t (1 - p_t)^gamma (-log p_t), p = sigmoid(x)`, the mean over all elements.
public struct Focal: ElementwiseLoss {
  public let gamma: Double
  public let alpha: Double

  private static let gammaField = Field(
    "gamma", .number(0...100), default: 2.0, "How much less easy examples weigh.")
  private static let alphaField = Field(
    "alpha", .number(-1...1), default: 0.25,
    "The weight of yes; that of no is 1 - alpha. Below 0 both weigh 1.")

  public static let documentation = CatalogEntry(
    type: "focal",
    summary:
      "For yes or no where one is rare: cross entropy that easy examples weigh less in, from logits.",
    formula: "alpha_t (1 - p_t)^gamma (-log p_t), p = sigmoid(x), the mean over all elements",
    shapes: shapes,
    fields: [gammaField, alphaField],
    source: "Lin et al. 2017, arXiv:1708.02002. As torchvision's sigmoid_focal_loss.")

  public init(from reader: inout ObjectReader) {
    gamma = reader.double(Focal.gammaField)
    alpha = reader.double(Focal.alphaField)
  }

  public var configuration: [(String, JSON)] {
    [("gamma", .number(gamma)), ("alpha", .number(alpha))]
  }

  public var probabilities: ProbabilityRule? { .sigmoid }

  public func objection(toFinal activation: Activation) -> String? {
    guard activation.kind == .sigmoid || activation.kind == .softmax else { return nil }
    return "focal takes logits and applies sigmoid itself: leave out the model's last activation"
  }

  func element(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    // With z = (1 - 2t) x: 1 - p_t = sigmoid(z), and -log p_t = softplus(z).
    let sign = try graph.offset(graph.scale(target, by: -2), by: 1)
    let z = try graph.multiply(sign, output)
    // sigmoid(z)^gamma = exp(-gamma softplus(-z)).
    let modulation = try graph.exp(
      graph.scale(graph.softplus(graph.negate(z)), by: -gamma))
    let loss = try graph.multiply(modulation, graph.softplus(z))
    guard alpha >= 0 else { return loss }
    let weight = try graph.offset(graph.scale(target, by: 2 * alpha - 1), by: 1 - alpha)
    return try graph.multiply(weight, loss)
  }
}
