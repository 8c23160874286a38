import Autodiff
import JSON
import Tensors

/// The same elements in another shape.
///
/// - Shapes: input `[N, …]`, output `[N] + shape`, in which one extent may be -1: what is left.
public struct Reshape: Layer {
  /// At most one extent is -1.
  public let shape: [Int]

  public static let documentation = CatalogEntry(
    type: "reshape",
    summary: "The same elements in another shape.",
    formula: "y = x, read in row-major order",
    shapes: "[…] -> shape",
    fields: [
      Field(
        "shape", .described("a list of integers, one of which may be -1"), isRequired: true,
        "The shape of one example; -1 is what the others leave.")
    ],
    source: "As torch.nn.Unflatten and torch.reshape.")

  public static let shapeFields = ["shape"]

  public init(from reader: inout ObjectReader) {
    var extents: [Int] = []
    if reader.requiredValue("shape") != nil {
      for (index, element) in (reader.array("shape", count: 1...LayerLimits.rank) ?? [])
        .enumerated()
      {
        if let extent = element.integer, extent == -1 || (1...LayerLimits.elements).contains(extent)
        {
          extents.append(extent)
        } else {
          reader.fault(
            "shape", "the element at index \(index) is no extent: an integer from 1, or one -1")
        }
      }
      if extents.count(where: { $0 == -1 }) > 1 {
        reader.fault("shape", "has more than one -1, so that nothing says how large each is")
      }
    }
    shape = extents
  }

  public var configuration: [(String, JSON)] { [("shape", .array(shape.map(JSON.integer)))] }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    let known = Shape(shape.filter { $0 != -1 })
    let count = inputs[0].count
    guard let product = known.checkedCount, product > 0,
      shape.contains(-1) ? count % product == 0 : count == product
    else {
      throw ShapeFault(
        field: "shape",
        "the input \(inputs[0]) has \(count) elements, which don't go into \(Shape(shape))",
        rule: "the shapes have the same number of elements")
    }
    return Shape(shape.map { $0 == -1 ? count / product : $0 })
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { 0 }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try graph.reshape(inputs[0], to: context.outputShape.prepending(context.batch))
  }
}
