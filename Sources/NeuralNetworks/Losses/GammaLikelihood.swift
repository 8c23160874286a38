import Autodiff
import Foundation
import JSON
import Tensors

/// For positive numbers whose spread grows with them: the likelihood of the gamma distribution.
///
/// `k (x + t exp(-x))`, the output being the logarithm of the mean and `k` the shape of the distribution; in
/// full also `log Γ(k) - k log k - (k - 1) log t`, which makes it `-log p(t)`. The mean over all elements.
public struct GammaLikelihood: ElementwiseLoss {
  public let concentration: Double
  public let full: Bool

  private static let concentrationField = Field(
    "concentration", .number(1e-3...1e6), default: 1.0,
    "The shape k of the distribution: the variance is the mean's square over k.")
  private static let fullField = Field(
    "full", .boolean, default: false,
    "Whether the terms without a gradient are added, so that it is -log p(t).")

  public static let documentation = CatalogEntry(
    type: "gamma_nll", aliases: ["gamma"],
    summary:
      "For positive numbers whose spread grows with them: the likelihood of gamma, the output being "
      + "the logarithm of the mean.",
    formula: "k (x + t exp(-x)), the mean over all elements; "
      + "full adds log Γ(k) - k log k - (k - 1) log t",
    shapes: "output […], target […] of numbers above 0",
    fields: [concentrationField, fullField],
    source: "McCullagh and Nelder 1989, Generalized Linear Models, chapter 8. As the negative "
      + "log_prob of torch.distributions.Gamma(k, k / exp(x)).")

  public init(from reader: inout ObjectReader) {
    concentration = reader.double(GammaLikelihood.concentrationField)
    full = reader.bool(GammaLikelihood.fullField)
  }

  public var configuration: [(String, JSON)] {
    [("concentration", .number(concentration)), ("full", .bool(full))]
  }

  public func encoding(output: Shape, target: LossTarget) throws(ShapeFault) -> TargetEncoding {
    guard case .vector = target else {
      throw ShapeFault(
        "the dataset's target is a class; for classes take cross_entropy",
        rule: "the target is numbers above 0")
    }
    return try NumberTargets.encoding(output: output, target: target)
  }

  public var pointPrediction: PointPrediction { .exponential }

  func element(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let relative = try graph.multiply(target, graph.exp(graph.negate(output)))
    let loss = try graph.scale(graph.add(output, relative), by: concentration)
    guard full else { return loss }
    let constant = lgamma(concentration) - concentration * Foundation.log(concentration)
    guard concentration != 1 else { return try graph.offset(loss, by: constant) }
    let logarithm = try graph.scale(graph.log(target), by: 1 - concentration)
    return try graph.offset(graph.add(loss, logarithm), by: constant)
  }

  public func objection(toFinal activation: Activation) -> String? {
    guard activation.kind == .softmax || activation.kind == .sigmoid || activation.kind == .relu
    else { return nil }
    return "gamma_nll takes the logarithm of the mean, which is any number: "
      + "leave out the model's last activation"
  }
}
