import Autodiff
import JSON
import Tensors

/// Normalises groups of each example's channels by their mean and variance.
///
/// `y = (x - mean) / √(variance + ε) · weight + bias`. Wu and He 2018, arXiv:1803.08494.
///
/// - Shapes: input `[N, C]`, `[N, C, H, W]` or `[N, C, D, H, W]`, or `[N, T, C]` for sequences; output the same.
/// - Parameters: `weight [C]`, `bias [C]`, as PyTorch's `nn.GroupNorm`.
public struct GroupNormalization: Layer {
  public let groups: Int
  public let epsilon: Double
  public let affine: Bool

  private static let groupsField = Field(
    "groups", .integer(1...LayerLimits.units), isRequired: true,
    "Into how many groups channels are cut; divides them.")

  public static let documentation = CatalogEntry(
    type: "group_norm",
    summary: "Normalises groups of each example's channels by their mean and variance.",
    formula: "y = (x - mean) / sqrt(variance + epsilon) weight + bias",
    shapes: "[C], [T, C], [C, H, W] or [C, D, H, W] -> the same",
    fields: [groupsField, NormalizationFields.epsilon, NormalizationFields.affine],
    weights: ["weight [C]", "bias [C]"],
    source: "Wu and He 2018, arXiv:1803.08494. As torch.nn.GroupNorm.")

  public init(from reader: inout ObjectReader) {
    groups = reader.integer(GroupNormalization.groupsField)
    epsilon = reader.double(NormalizationFields.epsilon)
    affine = reader.bool(NormalizationFields.affine)
  }

  public var configuration: [(String, JSON)] {
    [("groups", .integer(groups)), ("epsilon", .number(epsilon)), ("affine", .bool(affine))]
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    let channels = try ChannelAxis.channels(of: inputs[0])
    guard channels % groups == 0 else {
      throw ShapeFault(
        field: "groups", "the input \(inputs[0]) has \(channels) channels, groups are \(groups)",
        rule: "groups divide the channels")
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
      try graph.groupNorm(
        x, groups: groups, weight: parameters.first, bias: parameters.last, epsilon: epsilon)
    }
  }
}
