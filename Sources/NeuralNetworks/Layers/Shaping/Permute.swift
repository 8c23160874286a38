import Autodiff
import JSON
import Tensors

/// The axes of each example in another order.
///
/// - Shapes: input `[N, …]`, output `[N, …]`, whose axis `i` is the input's `axes[i]`.
public struct Permute: Layer {
  public let axes: [Int]

  public static let documentation = CatalogEntry(
    type: "permute", aliases: ["transpose"],
    summary: "The axes of each example in another order.",
    formula: "axis i of y is axis axes[i] of x",
    shapes: "[A, B, C] -> [C, A, B] for axes [2, 0, 1]",
    fields: [
      Field(
        "axes", .described("a list of the axes from 0, each once"), isRequired: true,
        "Which axis of the input comes first, and so on.")
    ],
    source: "As torch.permute, without the batch.")

  public static let shapeFields = ["axes"]

  public init(from reader: inout ObjectReader) {
    var axes: [Int] = []
    if reader.requiredValue("axes") != nil {
      let elements = reader.array("axes", count: 1...LayerLimits.rank) ?? []
      axes = elements.compactMap(\.integer)
      if axes.count != elements.count || axes.sorted() != Array(0..<axes.count) {
        reader.fault("axes", "isn't each of the axes from 0 once, such as [1, 0]")
        axes = []
      }
    }
    self.axes = axes
  }

  public var configuration: [(String, JSON)] { [("axes", .array(axes.map(JSON.integer)))] }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    guard inputs[0].rank == axes.count else {
      throw ShapeFault(
        field: "axes",
        "the input \(inputs[0]) has \(inputs[0].rank) axes, and axes names \(axes.count)",
        rule: "axes names each axis once")
    }
    return Shape(axes.map { inputs[0][$0] })
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { 0 }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try graph.transpose(inputs[0], axes: [0] + axes.map { $0 + 1 })
  }
}
