import Autodiff
import JSON
import Tensors

/// Divides each example's last axis by its root mean square.
///
/// `y = x / √(mean x² + ε) · weight`. Zhang and Sennrich 2019, arXiv:1910.07467.
///
/// - Shapes: input `[N, …, D]`, output the same.
/// - Parameters: `weight [D]`, as PyTorch's `nn.RMSNorm`.
public struct RootMeanSquareNormalization: Layer {
  public let epsilon: Double
  public let affine: Bool

  public static let documentation = CatalogEntry(
    type: "rms_norm",
    summary: "Divides each example's last axis by its root mean square.",
    formula: "y = x / sqrt(mean x² + epsilon) weight",
    shapes: "[…, D] -> […, D]",
    fields: [NormalizationFields.epsilon, NormalizationFields.affine],
    weights: ["weight [D]"],
    source: "Zhang and Sennrich 2019, arXiv:1910.07467. As torch.nn.RMSNorm.")

  public static let masking = Masking.keeps

  public init(from reader: inout ObjectReader) {
    epsilon = reader.double(NormalizationFields.epsilon)
    affine = reader.bool(NormalizationFields.affine)
  }

  public var configuration: [(String, JSON)] {
    [("epsilon", .number(epsilon)), ("affine", .bool(affine))]
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape { inputs[0] }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    let row: Shape = [inputs[0][inputs[0].rank - 1]]
    return affine ? [LayerParameter("weight", row, .constant(value: 1))] : []
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { 4 * output.count }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try graph.rmsNorm(inputs[0], weight: parameters.first, epsilon: epsilon, axes: 1)
  }
}
