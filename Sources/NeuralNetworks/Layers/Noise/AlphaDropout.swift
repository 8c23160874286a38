import Autodiff
import JSON
import Tensors

/// Dropout for self-normalizing networks: sets elements to what `selu` tends to far below 0, and keeps mean 0 and variance 1.
///
/// `y = a (x m + α' (1 - m)) + b` with `m` drawn from `Bernoulli(q)`, `q = 1 - rate`, `α' = -1.7580993408473766`,
/// `a = (q + α'² q (1 - q))^(-1/2)` and `b = -a (1 - q) α'`; the draw of an element is a function of seed, layer, step and
/// position. Klambauer et al. 2017, arXiv:1706.02515.
///
/// - Shapes: input `[N, …]`, output the same.
public struct AlphaDropout: Layer {
  public let rate: Double

  /// `-λ α` of `selu`.
  private static let floor = -1.7580993408473766

  private static let rateField = Field(
    "rate", .number(0...0.999), default: 0.5, "The fraction of elements that are dropped.")

  public static let documentation = CatalogEntry(
    type: "alpha_dropout",
    summary:
      "Dropout for networks of selu: keeps mean 0 and variance 1 while training, and does nothing afterwards.",
    formula:
      "y = a (x m + α' (1 - m)) + b, m ~ Bernoulli(q), q = 1 - rate, α' = -1.7581, a = (q + α'² q (1 - q))^(-1/2), b = -a (1 - q) α'",
    shapes: "[…] -> […]",
    fields: [rateField],
    source: "Klambauer et al. 2017, arXiv:1706.02515. As torch.nn.AlphaDropout.")

  public static let masking = Masking.keeps

  public init(from reader: inout ObjectReader) {
    rate = reader.double(AlphaDropout.rateField)
  }

  public var configuration: [(String, JSON)] { [("rate", .number(rate))] }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape { inputs[0] }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { 5 * output.count }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    guard context.mode == .training, rate > 0 else { return inputs[0] }
    let kept = 1 - rate
    let slope = 1 / (kept + Self.floor * Self.floor * kept * rate).squareRoot()
    let shift = -slope * rate * Self.floor
    let mask = try graph.sign(
      graph.dropoutFactors(graph.shape(of: inputs[0]), rate: rate, stream: context.layer))
    // a x m + a α' (1 - m) + b
    let floor = try graph.offset(
      graph.scale(mask, by: -slope * Self.floor), by: slope * Self.floor + shift)
    return try graph.add(graph.scale(graph.multiply(inputs[0], mask), by: slope), floor)
  }
}
