import Autodiff
import JSON
import Tensors

/// Sets square blocks of images to zero at random while training, and does nothing afterwards.
///
/// `y = x m (M / Σm)`, where `m` is 0 in each block of `size²` places whose corner was drawn from `Bernoulli(γ)`,
/// `γ = rate H W / (size² (H - size + 1) (W - size + 1))`, in each channel of each example by itself, and `M` the elements of the
/// batch. The draw is a function of seed, layer, step and position. Ghiasi, Lin and Le 2018, arXiv:1810.12890.
///
/// - Shapes: input `[N, C, H, W]`, output the same.
public struct DropBlock: Layer {
  public let rate: Double
  public let size: Int

  private static let rateField = Field(
    "rate", .number(0...0.999), default: 0.1,
    "The fraction of places that become zero, where blocks don't overlap.")
  private static let sizeField = Field(
    "size", .integer(1...LayerLimits.window), default: 7, "The side of a block.")
  private static let shapes = "[C, H, W] -> the same, H and W at least size"

  public static let documentation = CatalogEntry(
    type: "drop_block",
    summary:
      "Sets square blocks of images to zero at random while training, and does nothing afterwards.",
    formula:
      "y = x m M / Σm, m 0 in blocks drawn with γ = rate H W / (size² (H - size + 1) (W - size + 1))",
    shapes: shapes,
    fields: [rateField, sizeField],
    source: "Ghiasi, Lin and Le 2018, arXiv:1810.12890. As torchvision.ops.drop_block2d.")

  public static var shapeFields: [String] { ["size"] }

  public init(from reader: inout ObjectReader) {
    rate = reader.double(DropBlock.rateField)
    size = reader.integer(DropBlock.sizeField)
  }

  public var configuration: [(String, JSON)] {
    [("rate", .number(rate)), ("size", .integer(size))]
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    let input = inputs[0]
    guard input.rank == 3 else {
      throw ShapeFault(
        "the input \(input) has \(input.rank) axes, and blocks are of images", rule: Self.shapes)
    }
    guard size <= min(input[1], input[2]) else {
      throw ShapeFault(
        field: "size", "a block of \(size) × \(size) doesn't lie in the input \(input)",
        rule: Self.shapes)
    }
    return input
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    output.count * (2 + size * size)
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    guard context.mode == .training, rate > 0 else { return inputs[0] }
    let shape = graph.shape(of: inputs[0])
    let (height, width) = (shape[2], shape[3])
    let corners = (height - size + 1, width - size + 1)
    let chance =
      rate * Double(height * width) / Double(size * size * corners.0 * corners.1)
    let kept = try graph.sign(
      graph.dropoutFactors(
        [shape[0], shape[1], corners.0, corners.1], rate: chance, stream: context.layer))
    let border = [0, 0, size - 1, size - 1]
    let blocks = try graph.maxPool2d(
      graph.pad(graph.offset(graph.negate(kept), by: 1), before: border, after: border),
      size: (size, size), stride: (1, 1))
    let mask = try graph.offset(graph.negate(blocks), by: 1)
    let share = try graph.divide(
      graph.scalar(Double(shape.count)), graph.maximum(graph.sum(mask), graph.scalar(1)))
    return try graph.multiply(graph.multiply(inputs[0], mask), share)
  }
}
