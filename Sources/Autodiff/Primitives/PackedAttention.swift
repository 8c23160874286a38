import Kernels
import Tensors

/// Attention of sequences to themselves, from one projection that has queries, keys and values side by side.
///
/// The same as `Attention` over the heads of the three parts, which are read where they lie; so the derivative is
/// one tensor too. The auxiliary has the logarithms of the sums, `[B, H, T]`.
struct PackedAttention: Primitive {
  let heads: Int
  /// Heads of keys and values, each of which serves as many heads of queries.
  let keyHeads: Int
  /// A place sees itself and those before it.
  let isCausal: Bool
  /// Whether the second input says what a score loses for each place that its key lies before its query.
  let hasSlopes: Bool

  static let rule = "qkv [B, T, (H + 2 Hk) d], slopes [H] -> [B, T, H d]"

  var name: String { "packed_attention" }
  var inputCount: Int { hasSlopes ? 2 : 1 }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, inputCount...inputCount)
    try TypeCheck.floats(inputs)
    try TypeCheck.rank(inputs[0], 3, "the projection", rule: PackedAttention.rule)
    let x = inputs[0].shape
    guard heads > 0, keyHeads > 0, heads % keyHeads == 0, x[2] % (heads + 2 * keyHeads) == 0 else {
      throw GraphError(
        .shapeMismatch,
        "the projection \(x) isn't one of \(heads) heads of queries and \(keyHeads) of keys",
        rule: PackedAttention.rule)
    }
    if hasSlopes, inputs[1].shape != [heads] {
      throw GraphError(
        .shapeMismatch, "the slopes \(inputs[1].shape) and the \(heads) heads don't meet",
        rule: PackedAttention.rule)
    }
    return TensorType([x[0], x[1], heads * width(x)], inputs[0].element)
  }

  /// Features of a head.
  private func width(_ x: Shape) -> Int { x[2] / (heads + 2 * keyHeads) }

  func auxiliaryType(of inputs: [TensorType]) -> TensorType? {
    let x = inputs[0].shape
    return TensorType([x[0], heads, x[1]], inputs[0].element)
  }

  func geometry(_ x: Shape) -> AttentionGeometry {
    AttentionGeometry(
      batch: x[0], heads: heads, keyHeads: keyHeads, queries: x[1], keys: x[1], width: width(x),
      valueWidth: width(x), isCausal: isCausal, scale: 1 / Double(width(x)).squareRoot(),
      isPacked: true)
  }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    Kernels.attentionWorkspaceBytes(geometry(inputs[0].shape), output.element)
  }

  func lower(_ context: inout Lowering) {
    context.emit(
      Kernels.attention(
        context.element, geometry(context.input(0).shape),
        operands(context.inputs, output: context.output, logSums: context.auxiliary),
        workspace: context.workspace))
  }

  func operands(_ inputs: [Operand], output: Operand, logSums: Operand?) -> AttentionOperands {
    let x = inputs[0]
    let bytes = width(x.shape) * x.type.element.byteCount
    return AttentionOperands(
      query: x.pointer, key: x.pointer + heads * bytes,
      value: x.pointer + (heads + keyHeads) * bytes, mask: nil,
      slopes: hasSlopes ? inputs[1].pointer : nil, output: output.pointer,
      logSums: logSums?.pointer)
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    var parts = [Value?](repeating: nil, count: context.inputs.count)
    guard let logSums = context.auxiliary else { return parts }
    if hasSlopes, context.isNeeded(1) {
      throw GraphError(
        .notDifferentiable, "it has no derivative by the slopes", rule: "slopes are constants")
    }
    parts[0] = try context.graph.apply(
      PackedAttentionGradient(forward: self),
      context.inputs + [context.output, logSums, context.cotangent])
    return parts
  }
}

/// The derivative of packed attention by its projection; the inputs are those of attention, its output, the
/// logarithms of its sums, and `dy`.
struct PackedAttentionGradient: Primitive {
  let forward: PackedAttention

  var name: String { "packed_attention_gradient" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    let count = forward.inputCount
    try TypeCheck.count(inputs, count + 3...count + 3)
    let output = try forward.type(of: Array(inputs.prefix(count)))
    try TypeCheck.floats(inputs)
    try TypeCheck.same(inputs[count], output, "output and its shape")
    try TypeCheck.same(inputs[count + 2], output, "cotangent and output")
    return inputs[0]
  }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    Kernels.attentionGradientWorkspaceBytes(forward.geometry(inputs[0].shape), output.element)
  }

  func lower(_ context: inout Lowering) {
    let (inputs, count) = (context.inputs, forward.inputCount)
    context.emit(
      Kernels.attentionGradient(
        context.element, forward.geometry(inputs[0].shape),
        forward.operands(inputs, output: inputs[count], logSums: inputs[count + 1]),
        dy: inputs[count + 2].pointer, gradients: context.output.pointer,
        workspace: context.workspace))
  }
}

extension Graph {
  /// Scaled-dot-product attention of sequences to themselves, `softmax(q kᵀ / √d + bias) v`, of which no score is
  /// kept.
  ///
  /// - Parameters:
  ///   - packed: `[B, T, (H + 2 Hk) d]`: the heads of queries, of keys and of values, one after the other.
  ///   - heads: `H`; the output is `[B, T, H d]`.
  ///   - keyHeads: `Hk`, which divides `H`.
  ///   - slopes: `[H]`; a score's bias is `-slope (i - j)` for query `i` and key `j`.
  ///   - isCausal: a place sees itself and those before it.
  public mutating func attention(
    packed: Value, heads: Int, keyHeads: Int, slopes: Value? = nil, isCausal: Bool = false
  ) throws(GraphError) -> Value {
    try apply(
      PackedAttention(
        heads: heads, keyHeads: keyHeads, isCausal: isCausal, hasSlopes: slopes != nil),
      [packed] + [slopes].compactMap { $0 })
  }
}

/// A use of packed attention, as the catalog checks it.
private struct PackedAttentionCase {
  var batch = 1
  var length: Int
  var heads: Int
  var keyHeads: Int
  var width: Int
  var isCausal = false
  var hasSlopes = false

  static let all: [PackedAttentionCase] = [
    .init(length: 1, heads: 1, keyHeads: 1, width: 1),
    .init(batch: 2, length: 5, heads: 2, keyHeads: 2, width: 3),
    .init(length: 7, heads: 2, keyHeads: 2, width: 4, isCausal: true),
    .init(batch: 2, length: 6, heads: 4, keyHeads: 2, width: 2, isCausal: true),
    .init(length: 5, heads: 2, keyHeads: 1, width: 2, isCausal: true, hasSlopes: true),
    .init(length: 4, heads: 3, keyHeads: 3, width: 2, hasSlopes: true),
    // More than a block of queries, and one of keys.
    .init(length: 133, heads: 2, keyHeads: 1, width: 1, isCausal: true),
  ]

  /// What PyTorch makes of it, which takes one bias for all, or a causal mask.
  var torch: String {
    let parts =
      "[p.unflatten(2, (-1, \(width))).transpose(1, 2) "
      + "for p in a.split([\(heads * width), \(keyHeads * width), \(keyHeads * width)], 2)]"
    let repeated = heads == keyHeads ? "" : ".repeat_interleave(\(heads / keyHeads), 1)"
    var mask = "None"
    if hasSlopes {
      let places = "torch.arange(\(length)) - torch.arange(\(length))[:, None]"
      let causal = isCausal ? " + torch.full((\(length), \(length)), -torch.inf).triu(1)" : ""
      mask = "b[:, None, None] * (\(places))\(causal)"
    }
    let causal = isCausal && !hasSlopes ? ", is_causal=True" : ""
    return "(lambda q, k, v, m: F.scaled_dot_product_attention(q, k\(repeated), v\(repeated), "
      + "attn_mask=m\(causal)).transpose(1, 2).flatten(2))(*\(parts), \(mask))"
  }
}

extension PackedAttention {
  static var entries: [PrimitiveEntry] {
    let cases = PackedAttentionCase.all.map { used in
      var inputs: [PrimitiveCase.Input] = [
        .init([used.batch, used.length, (used.heads + 2 * used.keyHeads) * used.width])
      ]
      if used.hasSlopes { inputs.append(.init([used.heads])) }
      return PrimitiveCase(
        PackedAttention(
          heads: used.heads, keyHeads: used.keyHeads, isCausal: used.isCausal,
          hasSlopes: used.hasSlopes),
        inputs, checked: [0], torch: used.torch)
    }
    return [
      PrimitiveEntry("packed_attention", order: .first, cases: cases),
      PrimitiveEntry("packed_attention_gradient", isDerivativeOf: "packed_attention"),
    ]
  }
}
