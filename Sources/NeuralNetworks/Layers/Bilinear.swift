import Autodiff
import JSON
import Tensors

/// A form that is linear in each of two inputs, on their last axes.
///
/// `y[u] = activation(b[u] + Σ a[i] W[u, i, j] c[j])`.
///
/// - Shapes: inputs `[N, …, D1]` and `[N, …, D2]`, output `[N, …, units]`.
/// - Parameters: `weight [units, D1, D2]`, `bias [units]`, as PyTorch's `nn.Bilinear`.
public struct Bilinear: Layer {
  public let units: Int
  public let activation: Activation
  public let bias: Bool
  public let initializer: Initializer
  public let biasInitializer: Initializer

  private static let unitsField = Field(
    "units", .integer(1...LayerLimits.units), isRequired: true, "How many outputs.")
  private static let shapes = "[…, D1] and […, D2] -> […, units]"

  public static let documentation = CatalogEntry(
    type: "bilinear",
    summary: "A form that is linear in each of two inputs, on their last axes.",
    formula: "y[u] = activation(b[u] + Σ a[i] W[u, i, j] c[j])",
    shapes: shapes,
    fields: [
      unitsField, CommonFields.activation, CommonFields.bias, CommonFields.initializer,
      CommonFields.biasInitializer,
    ],
    weights: ["weight [units, D1, D2]", "bias [units]"],
    source: "As torch.nn.Bilinear.")

  public static let inputCount = 2...2
  public static let masking = Masking.keeps
  public static let shapeFields = ["units"]

  public init(from reader: inout ObjectReader) {
    units = reader.integer(Bilinear.unitsField)
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

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    guard inputs[0].rank >= 1, inputs[0].rank == inputs[1].rank,
      inputs[0].dimensions.dropLast() == inputs[1].dimensions.dropLast()
    else {
      throw ShapeFault(
        field: "inputs",
        "the inputs \(inputs[0]) and \(inputs[1]) differ in more than the last axis",
        rule: Bilinear.shapes)
    }
    return Shape(inputs[0].dimensions.dropLast() + [units])
  }

  /// The last axes of both inputs.
  private static func features(_ inputs: [Shape]) -> (Int, Int) {
    (inputs[0][inputs[0].rank - 1], inputs[1][inputs[1].rank - 1])
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    let (first, second) = Bilinear.features(inputs)
    var parameters = [LayerParameter("weight", [units, first, second], initializer)]
    if bias { parameters.append(LayerParameter("bias", [units], biasInitializer)) }
    return parameters
  }

  public func activated(
    of inputs: [Shape], output: Shape
  ) -> (activation: Activation, shape: Shape) { (activation, [units]) }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    let (first, second) = Bilinear.features(inputs)
    return output.count * (2 * first * (second + 1) + (bias ? 1 : 0) + activation.flops)
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let (first, second) = Bilinear.features(inputs.map { graph.shape(of: $0) })
    let rows = context.batch * context.outputShape.count / units
    let a = try graph.reshape(inputs[0], to: [rows, first])
    let c = try graph.reshape(inputs[1], to: [rows, second])
    let bias = bias ? parameters[1] : nil
    var y: Value
    if second <= units {
      // The products of all pairs, which are fewer than the products of one input with the weight.
      let pairs = try graph.multiply(
        graph.reshape(a, to: [rows, first, 1]), graph.reshape(c, to: [rows, 1, second]))
      y = try graph.linear(
        graph.reshape(pairs, to: [rows, first * second]),
        weight: graph.reshape(parameters[0], to: [units, first * second]), bias: bias)
    } else {
      let products = try graph.linear(
        c, weight: graph.reshape(parameters[0], to: [units * first, second]))
      y = try graph.sum(
        graph.multiply(
          graph.reshape(products, to: [rows, units, first]),
          graph.reshape(a, to: [rows, 1, first])),
        axes: [2])
      if let bias { y = try graph.add(y, bias) }
    }
    y = try context.activate(y, by: activation, in: &graph)
    return try graph.reshape(y, to: context.outputShape.prepending(context.batch))
  }
}
