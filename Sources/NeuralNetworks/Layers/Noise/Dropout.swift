import Autodiff
import JSON
import Tensors

/// Sets elements to zero at random while training, and does nothing afterwards.
///
/// `y = x m / (1 - rate)` with `m` drawn from `Bernoulli(1 - rate)`; the draw of an element is a
/// function of seed, layer, step and position. Srivastava et al. 2014, JMLR 15.
///
/// - Shapes: input `[N, …]`, output the same.
public struct Dropout: Layer {
  public let rate: Double

  private static let rateField = Field(
    "rate", .number(0...0.999), default: 0.5, "The fraction of elements that become zero.")

  public static let documentation = CatalogEntry(
    type: "dropout",
    summary: "Sets elements to zero at random while training, and does nothing afterwards.",
    formula: "y = x m / (1 - rate), m ~ Bernoulli(1 - rate)",
    shapes: "[…] -> […]",
    fields: [rateField],
    source: "Srivastava et al. 2014, JMLR 15, 1929-1958. As torch.nn.Dropout.")

  public static let masking = Masking.keeps

  public init(from reader: inout ObjectReader) {
    rate = reader.double(Dropout.rateField)
  }

  public var configuration: [(String, JSON)] { [("rate", .number(rate))] }

  public var sparseSupport: SparseSupport { .keeps }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape { inputs[0] }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { 2 * output.count }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    guard context.mode == .training, rate > 0 else { return inputs[0] }
    return try graph.dropout(inputs[0], rate: rate, stream: context.layer)
  }
}
