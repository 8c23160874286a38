import Autodiff
import JSON
import Tensors

/// Its inputs one after the other along an axis.
///
/// - Shapes: inputs that agree but for one axis; on that axis the output has the sum of theirs.
public struct Concatenation: Layer {
  /// Counted from the front of an example; `nil` for the channels: the first axis of images and volumes,
  /// else the last.
  public let axis: Int?

  public static let documentation = CatalogEntry(
    type: "concat", aliases: ["concatenate"],
    summary: "Its inputs one after the other along an axis.",
    formula: "y = [x_1, x_2, …]",
    shapes: "[…, A, …] and […, B, …] -> […, A + B, …]",
    fields: [
      Field(
        "axis", .integer(-LayerLimits.rank...LayerLimits.rank - 1),
        """
        Which axis of an example, from 0, or from -1 backwards; left out: the channels, which are \
        the first axis of images and volumes and else the last.
        """)
    ],
    source: "As torch.cat.")

  public static let inputCount = Merge.inputCount
  public static let shapeFields = ["axis"]

  public static let masking = Masking.keeps

  public init(from reader: inout ObjectReader) {
    axis = reader.integer("axis", in: -LayerLimits.rank...LayerLimits.rank - 1)
  }

  public var configuration: [(String, JSON)] { axis.map { [("axis", .integer($0))] } ?? [] }

  private func place(_ rank: Int) -> Int {
    guard let axis else { return rank >= 3 ? 0 : rank - 1 }
    return axis < 0 ? axis + rank : axis
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    let first = inputs[0]
    let place = place(first.rank)
    guard (0..<first.rank).contains(place) else {
      throw ShapeFault(
        field: "axis", "the input \(first) has no axis \(axis ?? 0)",
        rule: "the axis is one of the input's")
    }
    var dimensions = first.dimensions
    for shape in inputs.dropFirst() {
      var other = shape.dimensions
      guard other.count == dimensions.count else {
        throw differ(inputs, place)
      }
      let extent = other[place]
      other[place] = dimensions[place]
      guard other == dimensions else { throw differ(inputs, place) }
      dimensions[place] += extent
    }
    return Shape(dimensions)
  }

  private func differ(_ inputs: [Shape], _ place: Int) -> ShapeFault {
    ShapeFault(
      field: "inputs",
      "the inputs \(inputs.map(\.description).joined(separator: " and ")) can't be joined along axis \(place)",
      rule: "the inputs agree on every other axis")
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { 0 }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try graph.concatenate(inputs, axis: place(context.outputShape.rank) + 1)
  }
}
