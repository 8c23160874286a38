import Autodiff
import JSON
import Tensors

/// Adds normal noise while training, and does nothing afterwards.
///
/// `y = x + n` with `n` drawn from `N(0, std²)`; the draw of an element is a function of seed, layer, step and
/// position. Bishop 1995, Neural Computation 7.
///
/// - Shapes: input `[N, …]`, output the same.
public struct GaussianNoise: Layer {
  public let deviation: Double

  private static let deviationField = Field(
    "std", .number(0...1e6), default: 0.1, "The standard deviation of the noise.")

  public static let documentation = CatalogEntry(
    type: "gaussian_noise",
    summary: "Adds normal noise while training, and does nothing afterwards.",
    formula: "y = x + n, n ~ N(0, std²)",
    shapes: "[…] -> […]",
    fields: [deviationField],
    source:
      "Bishop 1995, Training with noise is equivalent to Tikhonov regularization, Neural Computation 7, 108-116."
  )

  public static let masking = Masking.keeps

  public init(from reader: inout ObjectReader) {
    deviation = reader.double(GaussianNoise.deviationField)
  }

  public var configuration: [(String, JSON)] { [("std", .number(deviation))] }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape { inputs[0] }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { 12 * output.count }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    guard context.mode == .training, deviation > 0 else { return inputs[0] }
    return try graph.gaussianNoise(inputs[0], deviation: deviation, stream: context.layer)
  }
}
