import Autodiff
import JSON
import Tensors

/// Sets whole channels to zero at random while training, and does nothing afterwards.
///
/// `y[c, …] = x[c, …] m[c] / (1 - rate)` with `m` drawn from `Bernoulli(1 - rate)` for each channel of each example; the
/// draw is a function of seed, layer, step and position. Tompson et al. 2015, arXiv:1411.4280.
///
/// - Shapes: input `[N, T, C]`, `[N, C, H, W]` or `[N, C, D, H, W]`, output the same.
public struct SpatialDropout: Layer {
  public let rate: Double

  private static let rateField = Field(
    "rate", .number(0...0.999), default: 0.5, "The fraction of channels that become zero.")
  private static let shapes = "[T, C], [C, H, W] or [C, D, H, W] -> the same"

  public static let documentation = CatalogEntry(
    type: "spatial_dropout",
    summary: "Sets whole channels to zero at random while training, and does nothing afterwards.",
    formula: "y[c, …] = x[c, …] m[c] / (1 - rate), m ~ Bernoulli(1 - rate)",
    shapes: shapes,
    fields: [rateField],
    source: "Tompson et al. 2015, arXiv:1411.4280. As torch.nn.Dropout1d, 2d and 3d.")

  public static let masking = Masking.keeps

  public init(from reader: inout ObjectReader) {
    rate = reader.double(SpatialDropout.rateField)
  }

  public var configuration: [(String, JSON)] { [("rate", .number(rate))] }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    guard (2...4).contains(inputs[0].rank) else {
      let remedy = inputs[0].rank == 1 ? "; dropout is for features" : ""
      throw ShapeFault(
        "the input \(inputs[0]) has \(inputs[0].rank) axes\(remedy)", rule: SpatialDropout.shapes)
    }
    return inputs[0]
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { output.count }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    guard context.mode == .training, rate > 0 else { return inputs[0] }
    let shape = graph.shape(of: inputs[0])
    var extents = [Int](repeating: 1, count: shape.rank)
    let axis = ChannelAxis.place(inBatchOf: context.outputShape)
    (extents[0], extents[axis]) = (shape[0], shape[axis])
    return try graph.multiply(
      inputs[0], graph.dropoutFactors(Shape(extents), rate: rate, stream: context.layer))
  }
}
