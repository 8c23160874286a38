import Autodiff
import JSON
import Tensors

/// A transformer's decoder block: attention of a sequence to itself, then to a memory, then a feed-forward
/// network, each with a norm and a residual sum.
///
/// - Shapes: inputs `[N, T, E]` and the memory `[N, S, M]`, output `[N, T, E]`.
/// - Parameters: as PyTorch's `nn.TransformerDecoderLayer`.
public struct TransformerDecoderBlock: Layer {
  private let attention: AttentionCore
  private let parts: BlockParts

  public static let documentation = CatalogEntry(
    type: "transformer_decoder_block",
    summary:
      "Attention of a sequence to itself, then to a memory, then a feed-forward network, with norms and residual sums.",
    formula:
      "post: x = norm1(x + A x), x = norm2(x + C(x, memory)), norm3(x + F x); pre: norms before each part",
    shapes: "[T, E] and [S, M] -> [T, E]",
    fields: AttentionCore.fields + BlockParts.fields,
    weights: [
      "self_attn.in_proj_weight [3E, E]", "multihead_attn.in_proj_weight [3E, E]",
      "linear1.weight [F, E]", "linear2.weight [E, F]", "norm1.weight [E]", "norm2.weight [E]",
      "norm3.weight [E]", "and their biases",
    ],
    source: "Vaswani et al. 2017, arXiv:1706.03762. As torch.nn.TransformerDecoderLayer.")

  public static let inputCount = 2...2

  public static let masking = Masking.uses

  public init(from reader: inout ObjectReader) {
    attention = AttentionCore(from: &reader)
    parts = BlockParts(from: &reader, attention: attention)
  }

  public var configuration: [(String, JSON)] { attention.configuration + parts.configuration }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    try attention.check([inputs[0]])
    try attention.crossing.check(inputs)
    return inputs[0]
  }

  private func own(_ inputs: [Shape]) -> [LayerParameter] {
    attention.parameters(prefix: "self_attn.", width: inputs[0][1], memory: inputs[0][1])
  }

  private func cross(_ width: Int, _ memory: Int) -> [LayerParameter] {
    attention.crossing.parameters(prefix: "multihead_attn.", width: width, memory: memory)
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    let width = inputs[0][1]
    return own(inputs) + cross(width, inputs[1][1]) + parts.feedForwardParameters(width: width)
      + ["norm1", "norm2", "norm3"].flatMap { parts.normParameters($0, width: width) }
  }

  public func activated(
    of inputs: [Shape], output: Shape
  ) -> (activation: Activation, shape: Shape) { parts.activated(width: output[1]) }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    let memory = inputs[1]
    return attention.flops(length: output[0], reach: output[0], width: output[1], memory: output[1])
      + attention.crossing.flops(
        length: output[0], reach: memory[0], width: output[1], memory: memory[1])
      + parts.flops(length: output[0], width: output[1])
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let width = graph.shape(of: inputs[0])[2]
    let memory = inputs[1]
    var rest = parameters[...]
    func take(_ count: Int) -> ArraySlice<Value> {
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }
    let own = Array(
      take(attention.parameters(prefix: "", width: width, memory: width).count))
    let crossing = Array(take(cross(width, graph.shape(of: memory)[2]).count))
    let linear = take(parts.linearParameterCount)
    let norms = (0..<3).map { _ in take(parts.normParameterCount) }
    var x = try parts.residual(
      inputs[0], norm: norms[0], stream: "attention", context: context, in: &graph
    ) { (graph, x) throws(GraphError) in
      try attention.forward(
        query: x, memory: x, mask: context.mask(), parameters: own, in: &graph)
    }
    x = try parts.residual(x, norm: norms[1], stream: "memory", context: context, in: &graph) {
      (graph, x) throws(GraphError) in
      try attention.crossing.forward(
        query: x, memory: memory, mask: context.mask(1), parameters: crossing, in: &graph)
    }
    return try parts.residual(
      x, norm: norms[2], stream: "feed_forward", context: context, in: &graph
    ) { (graph, x) throws(GraphError) in
      try parts.feedForward(x, linear, context: context, in: &graph)
    }
  }
}
