import Autodiff
import JSON
import Tensors

/// Zeros around each image.
///
/// - Shapes: input `[N, C, H, W]`, output `[N, C, top + H + bottom, left + W + right]`.
public struct ZeroPadding: Layer {
  /// Top, bottom, left and right.
  public let padding: [Int]

  private static let limits = 0...LayerLimits.window

  public static let documentation = CatalogEntry(
    type: "zero_pad2d",
    summary: "Zeros around each image.",
    formula: "y[c, i, j] = x[c, i - top, j - left], or 0 beyond x",
    shapes: "[C, H, W] -> [C, top + H + bottom, left + W + right]",
    fields: [
      Field(
        "padding",
        .described("an integer, or [top, bottom, left, right], 0 to \(LayerLimits.window)"),
        isRequired: true, "How many zeros at each side.")
    ],
    source: "As torch.nn.ZeroPad2d, whose order is left, right, top, bottom.")

  public static let shapeFields = ["padding"]

  public init(from reader: inout ObjectReader) {
    _ = reader.requiredValue("padding")
    padding =
      reader.extents("padding", count: 4, in: ZeroPadding.limits) ?? [0, 0, 0, 0]
  }

  public var configuration: [(String, JSON)] { [("padding", .array(padding.map(JSON.integer)))] }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    try TwoAxes.check(inputs[0], Self.type, to: "[C, top + H + bottom, left + W + right]")
    let (height, width) = (inputs[0][1], inputs[0][2])
    return [inputs[0][0], padding[0] + height + padding[1], padding[2] + width + padding[3]]
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { 0 }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try graph.pad(
      inputs[0], before: [0, 0, padding[0], padding[2]], after: [0, 0, padding[1], padding[3]])
  }
}
