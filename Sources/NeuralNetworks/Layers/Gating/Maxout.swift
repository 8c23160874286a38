import Autodiff
import JSON
import Tensors

/// The largest of each group of neighbouring channels.
///
/// `y[c, …] = max over j < pieces of x[c pieces + j, …]`: behind a dense layer or a convolution, a learned convex
/// function. Goodfellow et al. 2013, arXiv:1302.4389.
///
/// - Shapes: input `[N, C]`, `[N, T, C]`, `[N, C, H, W]` or `[N, C, D, H, W]`, output the same with `C / pieces` channels.
public struct Maxout: Layer {
  public let pieces: Int

  private static let piecesField = Field(
    "pieces", .integer(2...LayerLimits.units), default: 2,
    "How many channels a group has; divides the input's channels.")

  public static let documentation = CatalogEntry(
    type: "maxout",
    summary: "The largest of each group of neighbouring channels.",
    formula: "y[c, …] = max over j < pieces of x[c pieces + j, …]",
    shapes: "[C], [T, C], [C, H, W] or [C, D, H, W] -> the same with C / pieces channels",
    fields: [piecesField],
    source: "Goodfellow et al. 2013, arXiv:1302.4389.")

  public static let shapeFields = ["pieces"]
  public static let masking = Masking.keeps

  public init(from reader: inout ObjectReader) {
    pieces = reader.integer(Maxout.piecesField)
  }

  public var configuration: [(String, JSON)] { [("pieces", .integer(pieces))] }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    let channels = try ChannelAxis.channels(of: inputs[0])
    guard channels % pieces == 0 else {
      throw ShapeFault(
        field: "pieces",
        "\(pieces) pieces don't divide the \(channels) channels of the input \(inputs[0])",
        rule: "pieces divides the input's channels")
    }
    return ChannelAxis.shape(inputs[0], channels: channels / pieces)
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { inputs[0].count }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let axis = ChannelAxis.place(inBatchOf: context.outputShape)
    var extents = graph.shape(of: inputs[0]).dimensions
    extents.replaceSubrange(axis...axis, with: [extents[axis] / pieces, pieces])
    return try graph.max(graph.reshape(inputs[0], to: Shape(extents)), axes: [axis + 1])
  }
}
