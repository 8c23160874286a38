import Autodiff
import JSON
import Tensors

/// The largest element or the mean of each channel over all places, of sequences over those that aren't padding.
///
/// A sequence that is padding throughout gives 0.
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

  public static var masking: Masking { Axes.count == 1 ? .uses : .drops }

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
    if Axes.count == 1, let mask = context.mask() {
      return try masked(inputs[0], mask, in: &graph)
    }
    let x =
      Axes.count == 1 ? try graph.transpose(inputs[0], axes: [0, 2, 1]) : inputs[0]
    return Kind.self is Mean.Type
      ? try graph.globalAveragePool(x) : try graph.globalMaxPool(x)
  }

  /// - Shapes: x `[N, T, C]`, mask `[N, T]`, output `[N, C]`.
  private func masked(
    _ x: Value, _ mask: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let shape = graph.shape(of: x)
    let real = try graph.reshape(mask, to: [shape[0], shape[1], 1])
    let count = try graph.sum(real, axes: [1])
    if Kind.self is Mean.Type {
      let total = try graph.sum(graph.select(real, x, graph.scalar(0)), axes: [1])
      return try graph.divide(total, graph.maximum(count, graph.scalar(1)))
    }
    let least = graph.scalar(-3e38)
    let largest = try graph.globalMaxPool(
      graph.transpose(graph.select(real, x, least), axes: [0, 2, 1]))
    return try graph.select(count, largest, graph.scalar(0))
  }
}
