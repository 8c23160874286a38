import Autodiff
import JSON
import Tensors

/// Multiplies by normal noise of mean 1 while training, and does nothing afterwards: dropout of the same variance that never drops.
///
/// `y = x n` with `n` drawn from `N(1, rate / (1 - rate))`; the draw of an element is a function of seed, layer, step and
/// position. Srivastava et al. 2014, JMLR 15, section 10.
///
/// - Shapes: input `[N, …]`, output the same.
public struct GaussianDropout: Layer {
  public let rate: Double

  private static let rateField = Field(
    "rate", .number(0...0.999), default: 0.5,
    "That of the dropout whose factors have the same variance, rate / (1 - rate).")

  public static let documentation = CatalogEntry(
    type: "gaussian_dropout",
    summary:
      "Multiplies by normal noise of mean 1 while training, and does nothing afterwards.",
    formula: "y = x n, n ~ N(1, rate / (1 - rate))",
    shapes: "[…] -> […]",
    fields: [rateField],
    source: "Srivastava et al. 2014, JMLR 15, 1929-1958, section 10. As Keras' GaussianDropout.")

  public static let masking = Masking.keeps

  public init(from reader: inout ObjectReader) {
    rate = reader.double(GaussianDropout.rateField)
  }

  public var configuration: [(String, JSON)] { [("rate", .number(rate))] }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape { inputs[0] }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { 13 * output.count }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    guard context.mode == .training, rate > 0 else { return inputs[0] }
    let ones = graph.constant(
      Tensor.table(graph.shape(of: inputs[0]), graph.element) { _ in 1 })
    let factors = try graph.gaussianNoise(
      ones, deviation: (rate / (1 - rate)).squareRoot(), stream: context.layer)
    return try graph.multiply(inputs[0], factors)
  }
}
