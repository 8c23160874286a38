import Autodiff
import JSON
import Tensors

/// The mean of its inputs, element by element.
///
/// `y = activation((1/n) Σ x_i)`.
///
/// - Shapes: inputs `[N, …]` of one shape, or with axes of 1 that are repeated; output `[N, …]`.
public struct Average: Layer {
  public let activation: Activation

  public static let documentation = CatalogEntry(
    type: "average",
    summary: "The mean of its inputs, element by element.",
    formula: "y = activation((1/n) Σ x_i)",
    shapes: Merge.shapes,
    fields: [CommonFields.activation],
    source: "As keras.layers.Average.")

  public static let inputCount = Merge.inputCount

  public static let masking = Masking.keeps

  public init(from reader: inout ObjectReader) {
    activation = reader.activation()
  }

  public var configuration: [(String, JSON)] { [("activation", activation.json)] }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    try Merge.outputShape(of: inputs)
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    output.count * (inputs.count + activation.flops)
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    var y = inputs[0]
    for input in inputs.dropFirst() { y = try graph.add(y, input) }
    y = try graph.scale(y, by: 1 / Double(inputs.count))
    return try context.activate(y, by: activation, in: &graph)
  }
}
