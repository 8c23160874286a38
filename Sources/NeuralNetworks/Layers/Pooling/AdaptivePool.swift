import Autodiff
import JSON
import Tensors

/// The largest element or the mean of each of a given number of windows that cover a sequence, image or volume.
///
/// - Shapes: input `[N, T, C]`, `[N, C, H, W]` or `[N, C, D, H, W]`, output `[N, size, C]` or `[N, C, size…]`.
public struct AdaptivePool<Kind: PoolKind, Axes: SpatialAxes>: Layer {
  public let size: [Int]

  public static var documentation: CatalogEntry {
    let axes = Axes.count
    let isMean = Kind.self is Mean.Type
    let covered = ["a sequence", "an image", "a volume"][axes - 1]
    let extent = ["T", "H", "D"][axes - 1]
    return CatalogEntry(
      type: "adaptive_\(Kind.name)_pool\(axes)d",
      aliases: isMean ? ["adaptive_average_pool\(axes)d"] : [],
      summary: "The \(Kind.words) of each of a given number of windows that cover \(covered).",
      formula: "window i of n covers floor(i \(extent) / n) up to ceil((i + 1) \(extent) / n)",
      shapes: "\(Axes.example) -> \(result)",
      fields: [
        Field(
          "size", .described("\(Axes.words), 1 to \(LayerLimits.window)"), isRequired: true,
          "How many windows.")
      ],
      source: "As torch.nn.Adaptive\(Kind.torch)Pool\(axes)d.")
  }

  private static var result: String { Axes.count == 1 ? "[size, C]" : "[C, size…]" }

  public static var shapeFields: [String] { ["size"] }

  public init(from reader: inout ObjectReader) {
    _ = reader.requiredValue("size")
    size =
      reader.extents("size", count: Axes.count, in: 1...LayerLimits.window)
      ?? Axes.repeated(1)
  }

  public var configuration: [(String, JSON)] { [("size", Axes.json(size))] }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    try Axes.check(inputs[0], Self.type, to: Self.result)
    return Axes.shape(channels: ChannelAxis.extent(of: inputs[0]), size)
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    max(inputs[0].count, output.count)
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try ChannelAxis.first(inputs[0], in: &graph) { (graph, x) throws(GraphError) in
      Kind.self is Mean.Type
        ? try graph.adaptiveAveragePool(x, output: size)
        : try graph.adaptiveMaxPool(x, output: size)
    }
  }
}
