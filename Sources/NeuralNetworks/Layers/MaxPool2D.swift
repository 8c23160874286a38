import Autodiff
import JSON
import Tensors

/// The largest element of each window of an image.
///
/// - Shapes: input `[N, C, H, W]`, output `[N, C, H', W']` by `Window.rule`.
public struct MaxPool2D: Layer {
  public let size: Pair
  public let stride: Pair
  public let padding: Pair

  private static let pair = "an integer or [height, width]"

  public static let documentation = CatalogEntry(
    type: "max_pool2d",
    summary: "The largest element of each window of an image.",
    formula: "y[c, i, j] = max over u, v of x[c, i s + u - p, j s + v - p]",
    shapes: "[C, H, W] -> [C, H', W'], H' = floor((H + 2p - size) / s) + 1",
    fields: [
      Field(
        "size", .described("\(pair), 1 to \(LayerLimits.window)"), isRequired: true,
        "The window's size."),
      Field(
        "stride", .described("\(pair), 1 to \(LayerLimits.window)"),
        "How far the window moves; its size when left out."),
      Field(
        "padding", .described("\(pair), 0 to half the size"), default: 0,
        "A border that is never the largest."),
    ],
    source: "As torch.nn.MaxPool2d.")

  public static let shapeFields = ["size", "stride", "padding"]

  public init(from reader: inout ObjectReader) {
    let sizes = 1...LayerLimits.window
    _ = reader.requiredValue("size")
    size = reader.pair("size", in: sizes) ?? Pair(1, 1)
    stride = reader.pair("stride", in: sizes) ?? size
    padding = reader.pair("padding", in: 0...LayerLimits.window) ?? Pair(0, 0)
    // A wider border would let a window lie in it as a whole, where nothing is the largest.
    if reader.faults.isEmpty, padding.height > size.height / 2 || padding.width > size.width / 2 {
      reader.fault("padding", "\(padding) is more than half the size \(size)")
    }
  }

  public var configuration: [(String, JSON)] {
    [("size", size.json), ("stride", stride.json), ("padding", padding.json)]
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    let input = inputs[0]
    guard input.rank == 3 else {
      throw ShapeFault(
        "the input \(input) has \(input.rank) axes; max_pool2d needs the 3 of [C, H, W]",
        rule: "[C, H, W] -> [C, H', W']")
    }
    let window = Window(size: size, stride: stride, padding: padding, dilation: Pair(1, 1))
    return try window.output(of: input, channels: input[0], field: "size")
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    output.count * size.height * size.width
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try graph.maxPool2d(
      inputs[0], size: (size.height, size.width), stride: (stride.height, stride.width),
      padding: (padding.height, padding.width))
  }
}
