import Autodiff
import JSON
import Tensors

/// The dot product of two inputs over the last axis.
///
/// `y[…] = Σ_d a[…, d] b[…, d]`, divided by the two lengths with `normalize`: the cosine.
///
/// - Shapes: two inputs `[N, …, D]`, output `[N, …, 1]`.
public struct DotProduct: Layer {
  public let normalize: Bool

  private static let normalizeField = Field(
    "normalize", .boolean, default: false,
    "Whether both are divided by their length, which gives the cosine.")
  /// What no length is taken to be below, as in torch.nn.CosineSimilarity.
  private static let smallestLength = 1e-8

  public static let documentation = CatalogEntry(
    type: "dot",
    summary: "The dot product of two inputs over the last axis.",
    formula: "y = Σ_d a_d b_d; with normalize a · b / (|a| |b|)",
    shapes: "[…, D] and […, D] -> […, 1]",
    fields: [normalizeField],
    source: "As torch.nn.CosineSimilarity with normalize.")

  public static let inputCount = 2...2

  public init(from reader: inout ObjectReader) {
    normalize = reader.bool(DotProduct.normalizeField)
  }

  public var configuration: [(String, JSON)] { [("normalize", .bool(normalize))] }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    guard inputs[0] == inputs[1], inputs[0].rank >= 1 else {
      throw ShapeFault(
        field: "inputs", "the inputs \(inputs[0]) and \(inputs[1]) differ",
        rule: "both inputs are […, D]")
    }
    return Shape(inputs[0].dimensions.dropLast() + [1])
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    inputs[0].count * (normalize ? 6 : 2)
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let product = try graph.sum(
      graph.multiply(inputs[0], inputs[1]), axes: [-1], keepsAxes: true)
    guard normalize else { return product }
    let smallest = graph.scalar(DotProduct.smallestLength)
    let first = try graph.maximum(graph.norm(inputs[0], axes: [-1], keepsAxes: true), smallest)
    let second = try graph.maximum(graph.norm(inputs[1], axes: [-1], keepsAxes: true), smallest)
    return try graph.divide(product, graph.multiply(first, second))
  }
}
