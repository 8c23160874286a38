import Autodiff
import JSON
import Tensors

/// The largest element or the mean of each channel over all places.
///
/// - Shapes: input `[N, T, C]`, `[N, C, H, W]` or `[N, C, D, H, W]`, output `[N, C]`.
public struct GlobalPool<Kind: PoolKind, Axes: SpatialAxes>: Layer {
  public static var documentation: CatalogEntry {
    let axes = Axes.count
    let isMean = Kind.self is Mean.Type
    return CatalogEntry(
      type: "global_\(Kind.name)_pool\(axes)d",
      aliases: isMean ? ["global_average_pool\(axes)d"] : [],
      summary:
        "The \(Kind.words) of each channel of \(["a sequence", "an image", "a volume"][axes - 1]).",
      formula: "y[c] = \(isMean ? "mean" : "max") over all places of x[c, …]",
      shapes: "\(Axes.example) -> [C]",
      source: "As torch.nn.Adaptive\(Kind.torch)Pool\(axes)d(1), flattened.")
  }

  public init(from reader: inout ObjectReader) {}

  public var configuration: [(String, JSON)] { [] }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    try Axes.check(inputs[0], Self.type, to: "[C]")
    return [ChannelAxis.extent(of: inputs[0])]
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { inputs[0].count }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let x =
      Axes.count == 1 ? try graph.transpose(inputs[0], axes: [0, 2, 1]) : inputs[0]
    return Kind.self is Mean.Type
      ? try graph.globalAveragePool(x) : try graph.globalMaxPool(x)
  }
}
