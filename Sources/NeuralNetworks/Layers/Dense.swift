import Autodiff
import JSON
import Tensors

/// A fully connected layer on the last axis.
///
/// `y = activation(x Wᵀ + b)`.
///
/// - Shapes: input `[N, …, D]`, output `[N, …, units]`.
/// - Parameters: `weight [units, D]`, `bias [units]`, as PyTorch's `nn.Linear`.
public struct Dense: Layer {
  public let units: Int
  public let activation: Activation
  public let bias: Bool
  public let initializer: Initializer
  public let biasInitializer: Initializer

  private static let unitsField = Field(
    "units", .integer(1...LayerLimits.units), isRequired: true, "How many outputs.")

  public static let documentation = CatalogEntry(
    type: "dense",
    summary: "A fully connected layer on the last axis.",
    formula: "y = activation(x Wᵀ + b)",
    shapes: "[…, D] -> […, units]",
    fields: [
      unitsField, CommonFields.activation, CommonFields.bias, CommonFields.initializer,
      CommonFields.biasInitializer,
    ],
    weights: ["weight [units, D]", "bias [units]"],
    source: "As torch.nn.Linear.")

  public static let shapeFields = ["units"]

  public static let masking = Masking.keeps

  public init(from reader: inout ObjectReader) {
    units = reader.integer(Dense.unitsField)
    activation = reader.activation()
    bias = reader.bool(CommonFields.bias)
    initializer = reader.initializer(
      CommonFields.initializer, default: .standard(before: activation))
    biasInitializer = reader.initializer(CommonFields.biasInitializer, default: .zeros)
  }

  public var configuration: [(String, JSON)] {
    [
      ("units", .integer(units)), ("activation", activation.json), ("bias", .bool(bias)),
      ("initializer", initializer.json), ("bias_initializer", biasInitializer.json),
    ]
  }

  public var sparseSupport: SparseSupport { .consumes }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    let input = inputs[0]
    guard input.rank >= 1 else {
      throw ShapeFault(
        "the input \(input) has no axis; dense needs […, D]", rule: "[…, D] -> […, units]")
    }
    return Shape(input.dimensions.dropLast() + [units])
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    let features = inputs[0][inputs[0].rank - 1]
    var parameters = [LayerParameter("weight", [units, features], initializer)]
    if bias { parameters.append(LayerParameter("bias", [units], biasInitializer)) }
    return parameters
  }

  public func activated(
    of inputs: [Shape], output: Shape
  ) -> (activation: Activation, shape: Shape) { (activation, [units]) }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    let features = inputs[0][inputs[0].rank - 1]
    return output.count * (2 * features + (bias ? 1 : 0) + activation.flops)
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    var x = inputs[0]
    if let sparsity = context.sparsity {
      let y = try graph.vertexLinear(
        x, sparsity: sparsity, weight: parameters[0], bias: bias ? parameters[1] : nil)
      return try context.activate(y, by: activation, in: &graph)
    }
    let shape = graph.type(of: x).shape
    let features = shape[shape.rank - 1]
    let rows = context.batch * context.outputShape.count / units
    if shape.rank != 2 { x = try graph.reshape(x, to: [rows, features]) }
    var y = try graph.linear(x, weight: parameters[0], bias: bias ? parameters[1] : nil)
    y = try context.activate(y, by: activation, in: &graph)
    if shape.rank != 2 {
      y = try graph.reshape(y, to: context.outputShape.prepending(context.batch))
    }
    return y
  }
}
