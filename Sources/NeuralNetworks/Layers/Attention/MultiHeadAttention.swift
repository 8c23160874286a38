import Autodiff
import JSON
import Tensors

/// Attention of a sequence to itself, or with two inputs of the first to the second.
///
/// `softmax(Q Kᵀ / √d) V` for each head; see `AttentionCore`.
///
/// - Shapes: input `[N, T, E]`, and perhaps a memory `[N, S, M]`; output `[N, T, E]`.
/// - Parameters: as PyTorch's `nn.MultiheadAttention`.
public struct MultiHeadAttention: Layer {
  private let core: AttentionCore
  public let dropout: Double

  private static let dropoutField = Field(
    "dropout", .number(0...0.999), default: 0.0, "The fraction of outputs dropped while training.")

  public static let documentation = CatalogEntry(
    type: "multi_head_attention",
    summary: "Attention of a sequence to itself, or with two inputs of the first to the second.",
    formula: "y = W_o [softmax(Q_h K_hᵀ / sqrt(d)) V_h for each head h]",
    shapes: "[T, E] -> [T, E]; [T, E] and [S, M] -> [T, E]",
    fields: AttentionCore.fields + [dropoutField],
    weights: [
      "in_proj_weight [3E, E]", "in_proj_bias [3E]", "out_proj.weight [E, E]", "out_proj.bias [E]",
    ],
    source: "Vaswani et al. 2017, arXiv:1706.03762. As torch.nn.MultiheadAttention.")

  public static let inputCount = 1...2

  public static let masking = Masking.uses

  public init(from reader: inout ObjectReader) {
    core = AttentionCore(from: &reader)
    dropout = reader.double(MultiHeadAttention.dropoutField)
  }

  public var configuration: [(String, JSON)] {
    core.configuration + [("dropout", .number(dropout))]
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    try core.check(inputs)
    return inputs[0]
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    core.parameters(prefix: "", width: inputs[0][1], memory: inputs[inputs.count - 1][1])
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    let memory = inputs[inputs.count - 1]
    return core.flops(length: output[0], reach: memory[0], width: output[1], memory: memory[1])
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let y = try core.forward(
      query: inputs[0], memory: inputs[inputs.count - 1], mask: context.mask(inputs.count - 1),
      parameters: parameters, in: &graph)
    guard context.mode == .training, dropout > 0 else { return y }
    return try graph.dropout(y, rate: dropout, stream: context.layer)
  }
}
