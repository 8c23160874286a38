import Autodiff
import Foundation
import JSON
import Tensors

/// For numbers of which the model also says how sure it is: the likelihood of Gauss.
///
/// `(log v + (t - μ)² / v) / 2`, in full with `log(2π) / 2` added; the mean over all elements of the target.
/// The first half of the output's last axis has the means `μ`, the second half the logarithms of the variances
/// `v`, or the variances. A variance below `eps` counts as `eps`, without a gradient of its own for that.
///
/// - Shapes: output `[N, …, 2 D]`, target `[N, …, D]`.
public struct GaussianLikelihood: Loss {
  public enum Variance: String, Sendable, CaseIterable {
    case logarithm = "log"
    case value
  }

  public let variance: Variance
  public let full: Bool
  public let epsilon: Double

  private static let varianceField = Field(
    "variance", .choice(Variance.allCases.map(\.rawValue)), default: "log",
    "What the output's second half has: log, any number; value, which must be positive.")
  private static let fullField = Field(
    "full", .boolean, default: false, "Whether the constant log(2π)/2 is added.")
  private static let epsilonField = Field(
    "eps", .number(1e-30...1), default: 1e-6, "The least variance.")

  public static let documentation = CatalogEntry(
    type: "gaussian_nll", aliases: ["gaussian"],
    summary: "For numbers of which the model also says how sure it is: the likelihood of Gauss.",
    formula:
      "(log v + (t - μ)² / v) / 2, v at least eps, the mean over all elements of the target; "
      + "full adds log(2π)/2",
    shapes: "output […, 2 D], the means and then the logarithms of variances; target […, D]",
    fields: [varianceField, fullField, epsilonField],
    source: "Nix and Weigend 1994, doi:10.1109/ICNN.1994.374138. As torch.nn.GaussianNLLLoss.")

  public init(from reader: inout ObjectReader) {
    variance = Variance(rawValue: reader.choice(GaussianLikelihood.varianceField)) ?? .logarithm
    full = reader.bool(GaussianLikelihood.fullField)
    epsilon = reader.double(GaussianLikelihood.epsilonField)
  }

  public var configuration: [(String, JSON)] {
    [("variance", .string(variance.rawValue)), ("full", .bool(full)), ("eps", .number(epsilon))]
  }

  public func encoding(output: Shape, target: LossTarget) throws(ShapeFault) -> TargetEncoding {
    guard case .vector(let shape) = target else {
      throw ShapeFault(
        "the dataset's target is a class; for classes take cross_entropy",
        rule: "the target is numbers")
    }
    try NumberTargets.check(
      output: output, is: 2, timesTheLastAxisOf: shape, because: "mean and variance")
    return .numbers(shape)
  }

  public var pointPrediction: PointPrediction { .firstPart(of: 2) }

  public func fittingTarget(output: Shape) -> LossTarget {
    .vector(NumberTargets.shape(of: output, holding: 2))
  }

  public func build(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let shape = graph.shape(of: target)
    let width = shape[shape.rank - 1]
    let mean = try graph.slice(output, axis: -1, 0..<width)
    let second = try graph.slice(output, axis: -1, width..<2 * width)
    let square = try graph.square(graph.subtract(target, mean))
    let logarithm: Value
    let weighted: Value
    switch variance {
    case .logarithm:
      logarithm = try atLeast(Foundation.log(epsilon), second, in: &graph)
      weighted = try graph.multiply(square, graph.exp(graph.negate(logarithm)))
    case .value:
      let value = try atLeast(epsilon, second, in: &graph)
      logarithm = try graph.log(value)
      weighted = try graph.divide(square, value)
    }
    let loss = try graph.scale(graph.mean(graph.add(logarithm, weighted)), by: 0.5)
    return full ? try graph.offset(loss, by: 0.5 * Foundation.log(2 * Double.pi)) : loss
  }

  /// The larger of the two, with the derivative of `x` everywhere.
  private func atLeast(
    _ limit: Double, _ x: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let missing = try graph.activation(.relu, graph.offset(graph.negate(x), by: limit))
    return try graph.add(x, graph.stopGradient(missing))
  }

  public func objection(toFinal activation: Activation) -> String? {
    guard activation.kind == .softmax || activation.kind == .sigmoid || activation.kind == .relu
    else { return nil }
    return
      "gaussian_nll takes means and \(variance == .value ? "variances" : "log-variances") side by "
      + "side, of which the last activation would bound both: leave it out"
  }
}
