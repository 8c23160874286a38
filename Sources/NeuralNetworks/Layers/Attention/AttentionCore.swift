import Autodiff
import Foundation
import JSON
import Tensors

/// Multi-head attention as layers and blocks have it inside.
///
/// `softmax(Q Kᵀ / √d + positions) V` for each head, `Q`, `K` and `V` being projections of the input, and the
/// heads joined and projected once more. Vaswani et al. 2017, arXiv:1706.03762. Memory grows with the
/// length, not with its square.
///
/// - Parameters: as PyTorch's `nn.MultiheadAttention`: `in_proj_weight [3E, E]`, `in_proj_bias [3E]`,
///   `out_proj.weight [E, E]`, `out_proj.bias [E]`. With fewer heads of keys, or a memory of another width, the
///   projections stand apart: `q_proj_weight`, `k_proj_weight`, `v_proj_weight`.
struct AttentionCore: Hashable, Sendable {
  /// What attention knows of places.
  enum Positions: String, CaseIterable, Sendable {
    case none
    /// Press et al. 2021, arXiv:2108.12409.
    case alibi
    /// Su et al. 2021, arXiv:2104.09864, the halves of a head turned against each other.
    case rotary
  }

  let heads: Int
  /// Heads of keys and values; as many as of queries unless grouped (Ainslie et al. 2023, arXiv:2305.13245).
  let keyValueHeads: Int
  let causal: Bool
  let positions: Positions
  let base: Double
  let bias: Bool
  let initializer: Initializer

  private static let headsField = Field(
    "heads", .integer(1...1_024), isRequired: true, "How many heads; divides the width.")
  private static let keyValueHeadsField = Field(
    "key_value_heads", .integer(1...1_024),
    "How many heads keys and values have; divides heads. As many as heads when left out.")
  private static let causalField = Field(
    "causal", .boolean, default: false, "Whether a place sees only itself and those before it.")
  private static let positionsField = Field(
    "positions", .choice(Positions.allCases.map(\.rawValue)), default: "none",
    "\"alibi\" lowers scores by distance, \"rotary\" turns queries and keys by their place.")
  private static let baseField = Field(
    "rotary_base", .number(1...1e9), default: 10_000.0, "The longest wave of rotary positions.")

  private static let initializerField = Field(
    "initializer", .described("an initializer"), default: "glorot_uniform",
    "How the weights of all projections begin, those of a feed-forward network too; biases begin as 0."
  )

  static let fields = [
    headsField, keyValueHeadsField, causalField, positionsField, baseField, CommonFields.bias,
    initializerField,
  ]

  init(from reader: inout ObjectReader) {
    heads = reader.integer(AttentionCore.headsField)
    keyValueHeads = reader.integer("key_value_heads", in: 1...1_024) ?? heads
    causal = reader.bool(AttentionCore.causalField)
    positions = Positions(rawValue: reader.choice(AttentionCore.positionsField)) ?? .none
    base = reader.double(AttentionCore.baseField)
    bias = reader.bool(CommonFields.bias)
    initializer = reader.initializer(
      AttentionCore.initializerField, default: .glorotUniform(gain: 1))
    if heads % keyValueHeads != 0 {
      reader.fault("key_value_heads", "\(keyValueHeads) doesn't divide heads, which is \(heads)")
    }
  }

  private init(_ other: AttentionCore, causal: Bool, positions: Positions) {
    heads = other.heads
    keyValueHeads = other.keyValueHeads
    base = other.base
    bias = other.bias
    initializer = other.initializer
    self.causal = causal
    self.positions = positions
  }

  /// The same towards a memory, whose places are its own.
  var crossing: AttentionCore { AttentionCore(self, causal: false, positions: .none) }

  var configuration: [(String, JSON)] {
    [
      ("heads", .integer(heads)), ("key_value_heads", .integer(keyValueHeads)),
      ("causal", .bool(causal)), ("positions", .string(positions.rawValue)),
      ("rotary_base", .number(base)), ("bias", .bool(bias)),
      ("initializer", initializer.json),
    ]
  }

  /// Checks sequences `[T, E]` and, for another memory, `[S, M]`.
  func check(_ inputs: [Shape]) throws(ShapeFault) {
    for input in inputs where input.rank != 2 {
      throw ShapeFault(
        "the input \(input) is no sequence", rule: "attention takes [length, features]")
    }
    let width = inputs[0][1]
    guard width % heads == 0 else {
      throw ShapeFault(
        field: "heads",
        "the input \(inputs[0]) has \(width) features, which \(heads) heads don't divide",
        rule: "heads divide the features")
    }
    guard positions != .rotary || (width / heads) % 2 == 0 else {
      throw ShapeFault(
        field: "positions",
        "a head of \(width / heads) of the input \(inputs[0])'s features can't be halved",
        rule: "rotary positions need an even number of features a head")
    }
    guard inputs.count == 1 || (positions == .none && !causal) else {
      throw ShapeFault(
        field: "positions",
        "queries \(inputs[0]) and memory \(inputs[1]) don't count the same places",
        rule: "causal, alibi and rotary belong to attention of a sequence to itself")
    }
  }

  private func isPacked(_ width: Int, _ memory: Int) -> Bool {
    keyValueHeads == heads && width == memory
  }

  /// - Parameters:
  ///   - width: the features of queries.
  ///   - memory: those of keys and values.
  func parameters(prefix: String, width: Int, memory: Int) -> [LayerParameter] {
    let keys = width / heads * keyValueHeads
    var parameters: [LayerParameter] = []
    if isPacked(width, memory) {
      parameters.append(LayerParameter(prefix + "in_proj_weight", [3 * width, width], initializer))
    } else {
      parameters.append(LayerParameter(prefix + "q_proj_weight", [width, width], initializer))
      parameters.append(LayerParameter(prefix + "k_proj_weight", [keys, memory], initializer))
      parameters.append(LayerParameter(prefix + "v_proj_weight", [keys, memory], initializer))
    }
    if bias {
      parameters.append(LayerParameter(prefix + "in_proj_bias", [width + 2 * keys], .zeros))
    }
    parameters.append(LayerParameter(prefix + "out_proj.weight", [width, width], initializer))
    if bias { parameters.append(LayerParameter(prefix + "out_proj.bias", [width], .zeros)) }
    return parameters
  }

  /// For one example of `length` queries and `reach` places of memory.
  func flops(length: Int, reach: Int, width: Int, memory: Int) -> Int {
    let keys = width / heads * keyValueHeads
    let products = 4 * length * reach * width
    return 4 * length * width * width + 4 * reach * memory * keys
      + (causal ? products / 2 : products)
  }

  /// - Parameter mask: which places of the memory there are, `[N, S]`; all when it is `nil`.
  /// - Shapes: query `[N, T, E]`, memory `[N, S, M]`, output `[N, T, E]`.
  func forward(
    query: Value, memory: Value, mask: Value?, parameters: [Value], in graph: inout Graph
  ) throws(GraphError) -> Value {
    let shape = graph.shape(of: query)
    let width = shape[2]
    let isPacked = isPacked(width, graph.shape(of: memory)[2])
    let inputBias = bias ? parameters[isPacked ? 1 : 3] : nil
    let keys = width / heads * keyValueHeads
    var projected: [Value] = []
    if isPacked, query == memory {
      let all = try linear(query, parameters[0], inputBias, in: &graph)
      if positions != .rotary, mask == nil {
        let attended = try graph.attention(
          packed: all, heads: heads, keyHeads: keyValueHeads,
          slopes: positions == .alibi ? slopes(in: &graph) : nil, isCausal: causal)
        return try projectedOutput(attended, parameters, in: &graph)
      }
      projected = try graph.split(all, lengths: [width, keys, keys], axis: 2)
    } else {
      let weights =
        isPacked
        ? try graph.split(parameters[0], lengths: [width, keys, keys], axis: 0)
        : Array(parameters[..<3])
      let biases = try inputBias.map { (bias) throws(GraphError) in
        try graph.split(bias, lengths: [width, keys, keys], axis: 0)
      }
      for (index, source) in [query, memory, memory].enumerated() {
        projected.append(try linear(source, weights[index], biases?[index], in: &graph))
      }
    }
    var parts: [Value] = []
    for (value, count) in zip(projected, [heads, keyValueHeads, keyValueHeads]) {
      let rows = graph.shape(of: value)
      let apart = try graph.reshape(value, to: [rows[0], rows[1], count, width / heads])
      parts.append(try graph.transpose(apart, axes: [0, 2, 1, 3]))
    }
    if positions == .rotary {
      for index in 0..<2 { parts[index] = try rotated(parts[index], in: &graph) }
    }
    let attended = try graph.attention(
      query: parts[0], key: parts[1], value: parts[2], mask: mask,
      slopes: positions == .alibi ? slopes(in: &graph) : nil, isCausal: causal)
    let joined = try graph.reshape(
      graph.transpose(attended, axes: [0, 2, 1, 3]), to: shape)
    return try projectedOutput(joined, parameters, in: &graph)
  }

  private func projectedOutput(
    _ joined: Value, _ parameters: [Value], in graph: inout Graph
  ) throws(GraphError) -> Value {
    let output = parameters.suffix(bias ? 2 : 1)
    return try linear(
      joined, output[output.startIndex], bias ? output[output.startIndex + 1] : nil, in: &graph)
  }

  private func linear(
    _ x: Value, _ weight: Value, _ bias: Value?, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let shape = graph.shape(of: x)
    let rows = try graph.reshape(x, to: [shape[0] * shape[1], shape[2]])
    let y = try graph.linear(rows, weight: weight, bias: bias)
    return try graph.reshape(y, to: [shape[0], shape[1], graph.shape(of: weight)[0]])
  }

  /// `2^(-8 i / H)` for head `i` of `H`, counted from 1.
  private func slopes(in graph: inout Graph) -> Value {
    table([heads], in: &graph) { pow(2, -8 * Double($0 + 1) / Double(heads)) }
  }

  /// Each pair `(a, b)` of a head's halves, at place `t`, turned by `t / base^(2 i / d)`.
  private func rotated(_ x: Value, in graph: inout Graph) throws(GraphError) -> Value {
    let shape = graph.shape(of: x)
    let (length, half) = (shape[2], shape[3] / 2)
    func angle(_ index: Int) -> Double {
      let (place, pair) = index.quotientAndRemainder(dividingBy: half)
      return Double(place) / pow(base, Double(pair) / Double(half))
    }
    let cosines = table([length, half], in: &graph) { cos(angle($0)) }
    let sines = table([length, half], in: &graph) { sin(angle($0)) }
    let halves = try graph.split(x, lengths: [half, half], axis: 3)
    let first = try graph.subtract(
      graph.multiply(halves[0], cosines), graph.multiply(halves[1], sines))
    let second = try graph.add(
      graph.multiply(halves[1], cosines), graph.multiply(halves[0], sines))
    return try graph.concatenate([first, second], axis: 3)
  }

  private func table(
    _ shape: Shape, in graph: inout Graph, _ element: (Int) -> Double
  ) -> Value {
    graph.constant(Tensor.table(shape, graph.element, element))
  }
}
