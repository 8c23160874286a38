import Autodiff
import JSON
import Tensors

/// An activation that stands alone.
///
/// - Shapes: input `[N, …]`, output the same. Softmax normalises over the last axis.
/// - Parameters: what the activation learns, such as `weight [1]` of prelu.
public struct ActivationLayer: Layer {
  public let activation: Activation

  private static let activationField = Field(
    "activation", .described("an activation"), isRequired: true,
    "A name, or an object with a type and its parameters.")

  public static let documentation = CatalogEntry(
    type: "activation",
    summary: "An element-wise function, or softmax over the last axis.",
    formula: "y = activation(x)",
    shapes: "[…] -> […]",
    fields: [activationField],
    source: "See the catalog's activations.")

  /// As PyTorch has it, whose activations are modules: `<layer>.weight`.
  public static let activationPrefix = ""
  public static let masking = Masking.keeps

  public init(from reader: inout ObjectReader) {
    if reader.requiredValue(ActivationLayer.activationField.name) == nil {
      activation = .identity
    } else {
      activation = reader.activation()
    }
  }

  public var configuration: [(String, JSON)] { [("activation", activation.json)] }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape { inputs[0] }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    output.count * activation.flops
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try context.activate(inputs[0], by: activation, in: &graph)
  }
}
