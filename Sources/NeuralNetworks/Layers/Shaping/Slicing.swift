import Autodiff
import JSON
import Tensors

/// A part of each example along one axis.
///
/// - Shapes: input `[N, …, E, …]`, output `[N, …, to - from, …]`.
public struct Slicing: Layer {
  public let axis: Int
  public let from: Int
  /// `nil` for the end.
  public let to: Int?

  private static let axisField = Field(
    "axis", .integer(0...LayerLimits.rank - 1), default: 0, "Which axis of an example, from 0.")
  private static let fromField = Field(
    "from", .integer(-LayerLimits.elements...LayerLimits.elements), default: 0,
    "The first element; negative ones count from the end.")
  private static let ends = -LayerLimits.elements...LayerLimits.elements

  public static let documentation = CatalogEntry(
    type: "slice",
    summary: "A part of each example along one axis.",
    formula: "y = x[…, from:to, …]",
    shapes: "[…, E, …] -> […, to - from, …]",
    fields: [
      axisField, fromField,
      Field("to", .integer(ends), "The element after the last; the end when left out."),
    ],
    source: "As Python's slices.")

  public static let shapeFields = ["axis", "from", "to"]

  public init(from reader: inout ObjectReader) {
    axis = reader.integer(Slicing.axisField)
    from = reader.integer(Slicing.fromField)
    to = reader.integer("to", in: Slicing.ends)
  }

  public var configuration: [(String, JSON)] {
    [("axis", .integer(axis)), ("from", .integer(from))] + (to.map { [("to", .integer($0))] } ?? [])
  }

  private func range(_ extent: Int) -> Range<Int>? {
    let first = from < 0 ? from + extent : from
    let end = to.map { $0 < 0 ? $0 + extent : $0 } ?? extent
    return first >= 0 && first < end && end <= extent ? first..<end : nil
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    guard axis < inputs[0].rank else {
      throw ShapeFault(
        field: "axis", "the input \(inputs[0]) has no axis \(axis)",
        rule: "the axis is one of the input's")
    }
    guard let range = range(inputs[0][axis]) else {
      throw ShapeFault(
        field: "from",
        "from \(from) to \(to.map(String.init) ?? "the end") takes nothing of axis \(axis) of the input \(inputs[0])",
        rule: "at least one element is taken, and none beyond the axis")
    }
    var dimensions = inputs[0].dimensions
    dimensions[axis] = range.count
    return Shape(dimensions)
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { 0 }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let extent = graph.shape(of: inputs[0])[axis + 1]
    return try graph.slice(inputs[0], axis: axis + 1, range(extent) ?? 0..<extent)
  }
}
