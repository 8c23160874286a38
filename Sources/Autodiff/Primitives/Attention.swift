import Kernels
import Tensors

/// `softmax(scale · q kᵀ + bias) v` for each head, block by block, with memory linear in the sequences.
///
/// Vaswani et al. 2017, arXiv:1706.03762; the softmax over blocks as in Milakov and Gimelshein 2018,
/// arXiv:1805.02867, and Dao et al. 2022, arXiv:2205.14135; grouped queries as in Ainslie et al. 2023,
/// arXiv:2305.13245; the bias as in Press et al. 2021, arXiv:2108.12409. The auxiliary has the logarithms
/// of the sums, `[B, H, Tq]`. A query that sees no key gets 0.
struct Attention: Primitive {
  /// Query `i` sees the keys from 0 to `i`.
  let isCausal: Bool
  /// By default `1 / √d`.
  let scale: Double?
  /// Whether the fourth input says which keys there are.
  let hasMask: Bool
  /// Whether the last input says what a score loses for each place that its key lies before its query.
  let hasSlopes: Bool

  static let rule =
    "q [B, H, Tq, d], k [B, Hk, Tk, d], v [B, Hk, Tk, dv], mask [B, Tk], slopes [H] -> [B, H, Tq, dv]"

  var name: String { "attention" }
  var inputCount: Int { 3 + (hasMask ? 1 : 0) + (hasSlopes ? 1 : 0) }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, inputCount...inputCount)
    try TypeCheck.floats(inputs)
    for (input, what) in zip(inputs, ["the query", "the key", "the value"]) {
      try TypeCheck.rank(input, 4, what, rule: Attention.rule)
    }
    let (q, k, v) = (inputs[0].shape, inputs[1].shape, inputs[2].shape)
    try Attention.expect(q[0] == k[0] && q[3] == k[3], "the query \(q) and the key \(k)")
    try Attention.expect(
      k.dimensions.prefix(3) == v.dimensions.prefix(3), "the key \(k) and the value \(v)")
    guard q[1] % k[1] == 0 else {
      throw GraphError(
        .shapeMismatch, "the heads of the key \(k) don't divide those of the query \(q)",
        rule: "Hk divides H")
    }
    if hasMask {
      let mask = inputs[3].shape
      try Attention.expect(mask == [k[0], k[2]], "the mask \(mask) and the key \(k)")
    }
    if let slopes = inputs.last?.shape, hasSlopes {
      try Attention.expect(slopes == [q[1]], "the slopes \(slopes) and the query \(q)")
    }
    if let scale, !scale.isFinite {
      throw GraphError(.invalidSetting, "the scale is \(scale)", rule: "it is finite")
    }
    return TensorType([q[0], q[1], q[2], v[3]], inputs[0].element)
  }

  private static func expect(_ fits: Bool, _ what: String) throws(GraphError) {
    guard fits else {
      throw GraphError(.shapeMismatch, "\(what) don't meet", rule: Attention.rule)
    }
  }

  func auxiliaryType(of inputs: [TensorType]) -> TensorType? {
    TensorType(Shape(Array(inputs[0].shape.dimensions.dropLast())), inputs[0].element)
  }

  func geometry(_ query: Shape, _ key: Shape, _ value: Shape) -> AttentionGeometry {
    AttentionGeometry(
      batch: query[0], heads: query[1], keyHeads: key[1], queries: query[2], keys: key[2],
      width: query[3], valueWidth: value[3], isCausal: isCausal,
      scale: scale ?? 1 / Double(query[3]).squareRoot())
  }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    Kernels.attentionWorkspaceBytes(
      geometry(inputs[0].shape, inputs[1].shape, inputs[2].shape), output.element)
  }

  func lower(_ context: inout Lowering) {
    let inputs = context.inputs
    context.emit(
      Kernels.attention(
        context.element, geometry(inputs[0].shape, inputs[1].shape, inputs[2].shape),
        operands(inputs, output: context.output, logSums: context.auxiliary),
        workspace: context.workspace))
  }

  func operands(_ inputs: [Operand], output: Operand, logSums: Operand?) -> AttentionOperands {
    AttentionOperands(
      query: inputs[0].pointer, key: inputs[1].pointer, value: inputs[2].pointer,
      mask: hasMask ? inputs[3].pointer : nil,
      slopes: hasSlopes ? inputs[inputCount - 1].pointer : nil, output: output.pointer,
      logSums: logSums?.pointer)
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    var parts = [Value?](repeating: nil, count: context.inputs.count)
    guard let logSums = context.auxiliary else { return parts }
    if hasSlopes, context.isNeeded(inputCount - 1) {
      throw GraphError(
        .notDifferentiable, "it has no derivative by the slopes", rule: "slopes are constants")
    }
    let flat = try context.graph.apply(
      AttentionGradient(forward: self),
      context.inputs + [context.output, logSums, context.cotangent])
    var start = 0
    for index in 0..<3 {
      let shape = context.type(of: context.inputs[index]).shape
      let range = start..<start + shape.count
      start = range.upperBound
      guard context.isNeeded(index) else { continue }
      parts[index] = try context.graph.reshape(
        context.graph.slice(flat, axis: 0, range), to: shape)
    }
    return parts
  }
}

/// The derivatives of attention by query, key and value, one after the other.
///
/// The inputs are those of attention, its output, the logarithms of its sums, and `dy`. With the
/// probabilities `p`, made again block by block: `dv = pᵀ dy`, `ds = p (dy vᵀ - rowsum(dy y))`,
/// `dq = scale · ds k` and `dk = scale · dsᵀ q`.
struct AttentionGradient: Primitive {
  let forward: Attention

  var name: String { "attention_gradient" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    let count = forward.inputCount
    try TypeCheck.count(inputs, count + 3...count + 3)
    let output = try forward.type(of: Array(inputs.prefix(count)))
    try TypeCheck.floats(inputs)
    try TypeCheck.same(inputs[count], output, "output and its shape")
    try TypeCheck.same(inputs[count + 2], output, "cotangent and output")
    return TensorType([inputs.prefix(3).reduce(0) { $0 + $1.shape.count }], inputs[0].element)
  }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    Kernels.attentionGradientWorkspaceBytes(
      forward.geometry(inputs[0].shape, inputs[1].shape, inputs[2].shape), output.element)
  }

  func lower(_ context: inout Lowering) {
    let (inputs, count) = (context.inputs, forward.inputCount)
    context.emit(
      Kernels.attentionGradient(
        context.element, forward.geometry(inputs[0].shape, inputs[1].shape, inputs[2].shape),
        forward.operands(inputs, output: inputs[count], logSums: inputs[count + 1]),
        dy: inputs[count + 2].pointer, gradients: context.output.pointer,
        workspace: context.workspace))
  }
}

extension Graph {
  /// Scaled-dot-product attention, `softmax(scale · q kᵀ + bias) v`, of which no score is kept.
  ///
  /// - Parameters:
  ///   - query: `[B, H, Tq, d]`.
  ///   - key: `[B, Hk, Tk, d]`; `Hk` divides `H`, and each head serves as many heads of queries.
  ///   - value: `[B, Hk, Tk, dv]`; the output is `[B, H, Tq, dv]`.
  ///   - mask: `[B, Tk]`, which keys there are: 1, or 0 for padding.
  ///   - slopes: `[H]`; a score's bias is `-slope (i - j)` for query `i` and key `j`.
  ///   - isCausal: query `i` sees the keys from 0 to `i`.
  ///   - scale: `1 / √d` when it is `nil`.
  public mutating func attention(
    query: Value, key: Value, value: Value, mask: Value? = nil, slopes: Value? = nil,
    isCausal: Bool = false, scale: Double? = nil
  ) throws(GraphError) -> Value {
    try apply(
      Attention(
        isCausal: isCausal, scale: scale, hasMask: mask != nil, hasSlopes: slopes != nil),
      [query, key, value] + [mask, slopes].compactMap { $0 })
  }
}

/// A use of attention, as the catalog checks it.
private struct AttentionCase {
  var query: Shape
  var key: Shape
  var valueWidth: Int?
  var isCausal = false
  var scale: Double?
  var isMasked = false
  var hasSlopes = false

  static let all: [AttentionCase] = [
    .init(query: [1, 1, 1, 1], key: [1, 1, 1, 1]),
    .init(query: [2, 2, 3, 4], key: [2, 2, 5, 4], valueWidth: 3),
    .init(query: [1, 2, 7, 3], key: [1, 2, 7, 3], isCausal: true),
    .init(query: [1, 1, 6, 2], key: [1, 1, 3, 2], isCausal: true),
    .init(query: [1, 4, 4, 2], key: [1, 2, 6, 2], valueWidth: 1, isCausal: true, scale: 0.3),
    .init(query: [2, 3, 2, 5], key: [2, 1, 9, 5], isMasked: true),
    .init(query: [1, 2, 5, 2], key: [1, 1, 5, 2], isCausal: true, hasSlopes: true),
    .init(query: [2, 1, 3, 2], key: [2, 1, 4, 2], scale: -0.7, isMasked: true, hasSlopes: true),
    // More than a block of queries, and one of keys.
    .init(query: [1, 1, 70, 2], key: [1, 1, 131, 2], valueWidth: 1),
    .init(query: [1, 2, 133, 1], key: [1, 1, 133, 1], isCausal: true, isMasked: true),
  ]

  /// What PyTorch makes of it, which takes one bias for all, or a causal mask.
  var torch: String {
    let heads = query[1] / key[1]
    var text = ["b", "c"].map { heads == 1 ? $0 : "\($0).repeat_interleave(\(heads), 1)" }
    var terms: [String] = []
    let (tq, tk) = (query[2], key[2])
    if isMasked { terms.append("torch.where(d[:, None, None, :] != 0, 0.0, -torch.inf)") }
    if isCausal, !isMasked, !hasSlopes { text.append("is_causal=True") }
    if isCausal, isMasked || hasSlopes {
      terms.append("torch.full((\(tq), \(tk)), -torch.inf).triu(1)")
    }
    if hasSlopes {
      let slopes = isMasked ? "e" : "d"
      terms.append(
        "\(slopes)[:, None, None] * (torch.arange(\(tk)) - torch.arange(\(tq))[:, None])")
    }
    if !terms.isEmpty {
      let shape = "(\(query[0]), \(query[1]), \(tq), \(tk))"
      text.append("attn_mask=(\(terms.joined(separator: " + "))).expand\(shape)")
    }
    if let scale { text.append("scale=\(scale)") }
    return "F.scaled_dot_product_attention(a, \(text.joined(separator: ", ")))"
  }
}

extension Attention {
  static var entries: [PrimitiveEntry] {
    let cases = AttentionCase.all.map { used in
      let key = used.key
      var inputs: [PrimitiveCase.Input] = [
        .init(used.query), .init(key),
        .init([key[0], key[1], key[2], used.valueWidth ?? key[3]]),
      ]
      if used.isMasked { inputs.append(.init([key[0], key[2]], .mask)) }
      if used.hasSlopes { inputs.append(.init([used.query[1]])) }
      return PrimitiveCase(
        Attention(
          isCausal: used.isCausal, scale: used.scale, hasMask: used.isMasked,
          hasSlopes: used.hasSlopes),
        inputs, checked: [0, 1, 2], torch: used.torch)
    }
    return [
      PrimitiveEntry("attention", order: .first, cases: cases),
      PrimitiveEntry("attention_gradient", isDerivativeOf: "attention"),
    ]
  }
}
