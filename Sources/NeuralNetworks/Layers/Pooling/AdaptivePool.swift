import Autodiff
import JSON
import Tensors

/// The largest element or the mean of each of a given number of windows that cover an image.
///
/// - Shapes: input `[N, C, H, W]`, output `[N, C, size…]`.
public struct AdaptivePool<Kind: PoolKind>: Layer {
  public let size: [Int]

  public static var documentation: CatalogEntry {
    let isMean = Kind.self is Mean.Type
    return CatalogEntry(
      type: "adaptive_\(Kind.name)_pool2d",
      aliases: isMean ? ["adaptive_average_pool2d"] : [],
      summary: "The \(Kind.words) of each of a given number of windows that cover an image.",
      formula: "window i of n covers floor(i H / n) up to ceil((i + 1) H / n)",
      shapes: "[C, H, W] -> [C, size…]",
      fields: [
        Field(
          "size", .described("\(TwoAxes.words), 1 to \(LayerLimits.window)"), isRequired: true,
          "How many windows.")
      ],
      source: "As torch.nn.Adaptive\(Kind.torch)Pool2d.")
  }

  public static var shapeFields: [String] { ["size"] }

  public init(from reader: inout ObjectReader) {
    _ = reader.requiredValue("size")
    size = reader.extents("size", count: 2, in: 1...LayerLimits.window) ?? [1, 1]
  }

  public var configuration: [(String, JSON)] { [("size", TwoAxes.json(size))] }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    try TwoAxes.check(inputs[0], Self.type, to: "[C, size…]")
    return Shape([inputs[0][0]] + size)
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    max(inputs[0].count, output.count)
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    Kind.self is Mean.Type
      ? try graph.adaptiveAveragePool(inputs[0], output: size)
      : try graph.adaptiveMaxPool(inputs[0], output: size)
  }
}
