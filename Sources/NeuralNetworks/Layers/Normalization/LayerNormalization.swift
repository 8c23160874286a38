import Autodiff
import JSON
import Tensors

/// Normalises each example's last axes by their mean and variance.
///
/// `y = (x - mean) / √(variance + ε) · weight + bias`. Ba et al. 2016, arXiv:1607.06450.
///
/// - Shapes: input `[N, …, D]`, output the same; with `axes` k the last k axes are normalised together.
/// - Parameters: `weight` and `bias` of the normalised axes' shape, as PyTorch's `nn.LayerNorm`.
public struct LayerNormalization: Layer {
  public let axes: Int
  public let epsilon: Double
  public let affine: Bool
  public let bias: Bool

  private static let axesField = Field(
    "axes", .integer(1...LayerLimits.rank), default: 1, "How many of the last axes.")

  public static let documentation = CatalogEntry(
    type: "layer_norm",
    summary: "Normalises each example's last axes by their mean and variance.",
    formula: "y = (x - mean) / sqrt(variance + epsilon) weight + bias",
    shapes: "[…, D] -> […, D]",
    fields: [
      axesField, NormalizationFields.epsilon, NormalizationFields.affine, CommonFields.bias,
    ],
    weights: ["weight [D]", "bias [D]"],
    source: "Ba et al. 2016, arXiv:1607.06450. As torch.nn.LayerNorm.")

  public static let masking = Masking.keeps

  public init(from reader: inout ObjectReader) {
    axes = reader.integer(LayerNormalization.axesField)
    epsilon = reader.double(NormalizationFields.epsilon)
    affine = reader.bool(NormalizationFields.affine)
    bias = reader.bool(CommonFields.bias)
  }

  public var configuration: [(String, JSON)] {
    [
      ("axes", .integer(axes)), ("epsilon", .number(epsilon)), ("affine", .bool(affine)),
      ("bias", .bool(bias)),
    ]
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    guard inputs[0].rank >= axes else {
      throw ShapeFault(
        field: "axes", "the input \(inputs[0]) has fewer than \(axes) axes",
        rule: "axes is at most the input's")
    }
    return inputs[0]
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    guard affine else { return [] }
    let row = Shape(Array(inputs[0].dimensions.suffix(axes)))
    return Array(NormalizationFields.affineParameters(row).prefix(bias ? 2 : 1))
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { 7 * output.count }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try graph.layerNorm(
      inputs[0], weight: parameters.first, bias: parameters.dropFirst().first, epsilon: epsilon,
      axes: axes)
  }
}
