import Autodiff
import JSON
import Tensors

/// A transformer's block: attention of a sequence to itself, then a feed-forward network, each with a norm
/// and a residual sum.
///
/// - Shapes: input `[N, T, E]`, output the same.
/// - Parameters: as PyTorch's `nn.TransformerEncoderLayer`.
public struct TransformerBlock: Layer {
  private let attention: AttentionCore
  private let parts: BlockParts

  public static let documentation = CatalogEntry(
    type: "transformer_block",
    summary:
      "Attention of a sequence to itself, then a feed-forward network, with norms and residual sums.",
    formula:
      "pre: x + A(norm1 x), then x + F(norm2 x); post: norm1(x + A x), then norm2(x + F x); F x = W_2 activation(W_1 x)",
    shapes: "[T, E] -> [T, E]",
    fields: AttentionCore.fields + BlockParts.fields,
    weights: [
      "self_attn.in_proj_weight [3E, E]", "self_attn.in_proj_bias [3E]",
      "self_attn.out_proj.weight [E, E]", "self_attn.out_proj.bias [E]", "linear1.weight [F, E]",
      "linear1.bias [F]", "linear2.weight [E, F]", "linear2.bias [E]", "norm1.weight [E]",
      "norm1.bias [E]", "norm2.weight [E]", "norm2.bias [E]",
    ],
    source: "Vaswani et al. 2017, arXiv:1706.03762. As torch.nn.TransformerEncoderLayer.")

  public static let masking = Masking.uses

  public init(from reader: inout ObjectReader) {
    attention = AttentionCore(from: &reader)
    parts = BlockParts(from: &reader, attention: attention)
  }

  public var configuration: [(String, JSON)] { attention.configuration + parts.configuration }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    try attention.check(inputs)
    return inputs[0]
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    let width = inputs[0][1]
    return attention.parameters(prefix: "self_attn.", width: width, memory: width)
      + parts.feedForwardParameters(width: width)
      + parts.normParameters("norm1", width: width) + parts.normParameters("norm2", width: width)
  }

  public func activated(
    of inputs: [Shape], output: Shape
  ) -> (activation: Activation, shape: Shape) { parts.activated(width: output[1]) }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    attention.flops(length: output[0], reach: output[0], width: output[1], memory: output[1])
      + parts.flops(length: output[0], width: output[1])
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    var rest = parameters[...]
    let norm2 = rest.suffix(parts.normParameterCount)
    rest = rest.dropLast(norm2.count)
    let norm1 = rest.suffix(parts.normParameterCount)
    rest = rest.dropLast(norm1.count)
    let linear = rest.suffix(parts.linearParameterCount)
    let projections = Array(rest.dropLast(linear.count))
    let x = try parts.residual(
      inputs[0], norm: norm1, stream: "attention", context: context, in: &graph
    ) { (graph, x) throws(GraphError) in
      try attention.forward(
        query: x, memory: x, mask: context.mask(), parameters: projections, in: &graph)
    }
    return try parts.residual(
      x, norm: norm2, stream: "feed_forward", context: context, in: &graph
    ) { (graph, x) throws(GraphError) in
      try parts.feedForward(x, linear, context: context, in: &graph)
    }
  }
}
