import Autodiff
import JSON
import Tensors

/// Normalises each channel of each example by its mean and variance.
///
/// `y = (x - mean) / √(variance + ε)`, and with `affine` `· weight + bias`. Ulyanov et al. 2016,
/// arXiv:1607.08022.
///
/// - Shapes: input `[N, C, H, W]` or `[N, C, D, H, W]`, or `[N, T, C]` for sequences; output the same.
/// - Parameters: `weight [C]`, `bias [C]`, as PyTorch's `nn.InstanceNorm2d`.
public struct InstanceNormalization: Layer {
  public let epsilon: Double
  public let affine: Bool

  private static let affineField = Field(
    "affine", .boolean, default: false, "Whether a weight and a bias follow.")

  public static let documentation = CatalogEntry(
    type: "instance_norm",
    summary: "Normalises each channel of each example by its mean and variance.",
    formula: "y = (x - mean) / sqrt(variance + epsilon) weight + bias",
    shapes: "[T, C], [C, H, W] or [C, D, H, W] -> the same",
    fields: [NormalizationFields.epsilon, affineField],
    weights: ["weight [C]", "bias [C]"],
    source: "Ulyanov et al. 2016, arXiv:1607.08022. As torch.nn.InstanceNorm2d.")

  public init(from reader: inout ObjectReader) {
    epsilon = reader.double(NormalizationFields.epsilon)
    affine = reader.bool(InstanceNormalization.affineField)
  }

  public var configuration: [(String, JSON)] {
    [("epsilon", .number(epsilon)), ("affine", .bool(affine))]
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    _ = try ChannelAxis.channels(of: inputs[0])
    guard inputs[0].rank >= 2 else {
      throw ShapeFault(
        "the input \(inputs[0]) has one number a channel",
        rule: "[T, C], [C, H, W] or [C, D, H, W]")
    }
    return inputs[0]
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    affine ? NormalizationFields.affineParameters([ChannelAxis.extent(of: inputs[0])]) : []
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { 7 * output.count }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try ChannelAxis.first(inputs[0], in: &graph) { (graph, x) throws(GraphError) in
      try graph.instanceNorm(
        x, weight: parameters.first, bias: parameters.last, epsilon: epsilon)
    }
  }
}
