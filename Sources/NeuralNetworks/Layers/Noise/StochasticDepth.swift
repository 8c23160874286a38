import Autodiff
import JSON
import Tensors

/// Sets whole examples to zero at random while training, and does nothing afterwards.
///
/// `y = x m / (1 - rate)` with `m` drawn from `Bernoulli(1 - rate)` once for each example; the draw is a function of
/// seed, layer, step and position. At the end of a residual branch it leaves the branch out. Huang et al. 2016,
/// arXiv:1603.09382.
///
/// - Shapes: input `[N, …]`, output the same.
public struct StochasticDepth: Layer {
  public let rate: Double

  private static let rateField = Field(
    "rate", .number(0...0.999), isRequired: true, "The fraction of examples that become zero.")

  public static let documentation = CatalogEntry(
    type: "stochastic_depth",
    summary:
      "Sets whole examples to zero at random while training: before add, it drops that branch.",
    formula: "y = x m / (1 - rate), one m ~ Bernoulli(1 - rate) for each example",
    shapes: "[…] -> […]",
    fields: [rateField],
    source:
      "Huang et al. 2016, arXiv:1603.09382. As torchvision.ops.StochasticDepth with mode \"row\".")

  public static let masking = Masking.keeps

  public init(from reader: inout ObjectReader) {
    rate = reader.double(StochasticDepth.rateField)
  }

  public var configuration: [(String, JSON)] { [("rate", .number(rate))] }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape { inputs[0] }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { output.count }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    guard context.mode == .training, rate > 0 else { return inputs[0] }
    let shape = graph.shape(of: inputs[0])
    let factors = try graph.dropoutFactors(
      Shape([shape[0]] + [Int](repeating: 1, count: shape.rank - 1)), rate: rate,
      stream: context.layer)
    return try graph.multiply(inputs[0], factors)
  }
}
