import Autodiff
import Foundation
import JSON
import Tensors

/// For counts: the likelihood of Poisson, the output being the logarithm of the mean, or the mean.
///
/// `exp(x) - t x`, or `x - t log(x + eps)`; in full also `t log t - t + log(2πt) / 2` where `t > 1`. The mean
/// over all elements.
public struct Poisson: ElementwiseLoss {
  /// Whether the output is the logarithm of the mean.
  public let logInput: Bool
  /// Whether what doesn't depend on the output is added.
  public let full: Bool
  public let epsilon: Double

  private static let logField = Field(
    "log_input", .boolean, default: true, "Whether the output is the logarithm of the mean.")
  private static let fullField = Field(
    "full", .boolean, default: false,
    "Whether Stirling's approximation of log t! is added, which has no gradient.")
  private static let epsilonField = Field(
    "eps", .number(1e-30...1), default: 1e-8,
    "Added to an output that is the mean, before its logarithm.")

  public static let documentation = CatalogEntry(
    type: "poisson", aliases: ["poisson_nll"],
    summary: "For counts: the likelihood of Poisson, the output being the logarithm of the mean.",
    formula: "exp(x) - t x, or x - t log(x + eps) without log_input, the mean over all elements; "
      + "full adds t log t - t + log(2πt)/2 where t > 1",
    shapes: shapes, fields: [logField, fullField, epsilonField],
    source: "As torch.nn.PoissonNLLLoss.")

  public init(from reader: inout ObjectReader) {
    logInput = reader.bool(Poisson.logField)
    full = reader.bool(Poisson.fullField)
    epsilon = reader.double(Poisson.epsilonField)
  }

  public var configuration: [(String, JSON)] {
    [("log_input", .bool(logInput)), ("full", .bool(full)), ("eps", .number(epsilon))]
  }

  public var pointPrediction: PointPrediction { logInput ? .exponential : .output }

  func element(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let loss: Value
    if logInput {
      loss = try graph.subtract(graph.exp(output), graph.multiply(target, output))
    } else {
      let logarithm = try graph.log(graph.offset(output, by: epsilon))
      loss = try graph.subtract(output, graph.multiply(target, logarithm))
    }
    guard full else { return loss }
    // t log t - t + log(2π t) / 2 is 0 - 1 + log(2π) / 2 at 1, and nothing is added there or below.
    let atLeastOne = try graph.maximum(target, graph.scalar(1))
    let logarithm = try graph.log(atLeastOne)
    let stirling = try graph.add(
      graph.multiply(graph.offset(atLeastOne, by: 0.5), logarithm),
      graph.offset(graph.negate(atLeastOne), by: 0.5 * Foundation.log(2 * Double.pi)))
    let isLarge = try graph.greater(target, graph.scalar(1))
    return try graph.add(loss, graph.multiply(isLarge, stirling))
  }
}
