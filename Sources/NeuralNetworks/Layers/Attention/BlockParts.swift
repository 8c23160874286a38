import Autodiff
import JSON
import Tensors

/// What transformer blocks have beside attention: the feed-forward network, norms and residual sums.
struct BlockParts: Hashable, Sendable {
  /// What is done with the hidden units.
  enum Hidden: Hashable, Sendable {
    case activation(Activation)
    /// silu of the first half times the second.
    case swiglu

    var json: JSON {
      switch self {
      case .activation(let activation): activation.json
      case .swiglu: "swiglu"
      }
    }
  }

  enum Norm: String, CaseIterable, Sendable {
    case pre, post
  }

  enum NormKind: String, CaseIterable, Sendable {
    case layer = "layer_norm"
    case rootMeanSquare = "rms_norm"
  }

  /// Hidden units; `nil` for four times the features.
  let feedForward: Int?
  let gate: Hidden
  let norm: Norm
  let normKind: NormKind
  let epsilon: Double
  let dropout: Double
  let bias: Bool
  let initializer: Initializer

  private static let feedForwardField = Field(
    "feed_forward", .integer(1...LayerLimits.units),
    "Hidden units; four times the features when left out.")
  private static let activationField = Field(
    "activation", .described("an activation, \"gelu_tanh\" or \"swiglu\""), default: "relu",
    "That of the hidden units. \"swiglu\" (Shazeer 2020, arXiv:2002.05202) has twice as many: silu of the first half times the second."
  )
  private static let normField = Field(
    "norm", .choice(Norm.allCases.map(\.rawValue)), default: "post",
    "Whether norms stand before each part or after its residual sum.")
  private static let normKindField = Field(
    "norm_type", .choice(NormKind.allCases.map(\.rawValue)), default: "layer_norm",
    "Which norm.")
  private static let dropoutField = Field(
    "dropout", .number(0...0.999), default: 0.0,
    "The fraction dropped while training, of each part's output and of the hidden units.")

  static let fields = [
    feedForwardField, activationField, normField, normKindField, NormalizationFields.epsilon,
    dropoutField,
  ]

  /// - Parameter attention: the block's, whose members on biases and weights hold here too.
  init(from reader: inout ObjectReader, attention: AttentionCore) {
    feedForward = reader.integer("feed_forward", in: 1...LayerLimits.units)
    switch reader.value(BlockParts.activationField.name) {
    case nil: gate = .activation(Activation(kind: .relu))
    case "swiglu": gate = .swiglu
    case "gelu_tanh": gate = .activation(Activation(kind: .geluTanh))
    default: gate = .activation(reader.activation())
    }
    norm = Norm(rawValue: reader.choice(BlockParts.normField)) ?? .post
    normKind = NormKind(rawValue: reader.choice(BlockParts.normKindField)) ?? .layer
    epsilon = reader.double(NormalizationFields.epsilon)
    dropout = reader.double(BlockParts.dropoutField)
    bias = attention.bias
    initializer = attention.initializer
  }

  var configuration: [(String, JSON)] {
    (feedForward.map { [("feed_forward", .integer($0))] } ?? []) + [
      ("activation", gate.json), ("norm", .string(norm.rawValue)),
      ("norm_type", .string(normKind.rawValue)), ("epsilon", .number(epsilon)),
      ("dropout", .number(dropout)),
    ]
  }

  /// The hidden units' activation, which may learn something, and what it is applied to.
  func activated(width: Int) -> (activation: Activation, shape: Shape) {
    guard case .activation(let activation) = gate else { return (.identity, [hidden(width)]) }
    return (activation, [hidden(width)])
  }

  func hidden(_ width: Int) -> Int { feedForward ?? 4 * width }

  /// `linear1` and `linear2`.
  func feedForwardParameters(width: Int) -> [LayerParameter] {
    let hidden = hidden(width)
    let first = gate == .swiglu ? 2 * hidden : hidden
    var parameters = [
      LayerParameter("linear1.weight", [first, width], initializer)
    ]
    if bias { parameters.append(LayerParameter("linear1.bias", [first], .zeros)) }
    parameters.append(LayerParameter("linear2.weight", [width, hidden], initializer))
    if bias { parameters.append(LayerParameter("linear2.bias", [width], .zeros)) }
    return parameters
  }

  func normParameters(_ name: String, width: Int) -> [LayerParameter] {
    let all = [
      LayerParameter("\(name).weight", [width], .constant(value: 1)),
      LayerParameter("\(name).bias", [width], .zeros),
    ]
    return Array(all.prefix(normParameterCount))
  }

  var normParameterCount: Int { bias && normKind == .layer ? 2 : 1 }
  var linearParameterCount: Int { bias ? 4 : 2 }

  func flops(length: Int, width: Int) -> Int {
    let hidden = hidden(width)
    return length * width * hidden * (gate == .swiglu ? 6 : 4) + 16 * length * width
  }

  func normalized(
    _ x: Value, _ parameters: ArraySlice<Value>, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let weight = parameters[parameters.startIndex]
    switch normKind {
    case .layer:
      return try graph.layerNorm(
        x, weight: weight, bias: parameters.dropFirst().first, epsilon: epsilon, axes: 1)
    case .rootMeanSquare:
      return try graph.rmsNorm(x, weight: weight, epsilon: epsilon, axes: 1)
    }
  }

  /// One part of a block with its norm and residual sum.
  func residual(
    _ x: Value, norm parameters: ArraySlice<Value>, stream: String, context: ForwardContext,
    in graph: inout Graph, _ part: (inout Graph, Value) throws(GraphError) -> Value
  ) throws(GraphError) -> Value {
    let input = norm == .pre ? try normalized(x, parameters, in: &graph) : x
    let output = try dropped(part(&graph, input), stream, context, in: &graph)
    let sum = try graph.add(x, output)
    return norm == .pre ? sum : try normalized(sum, parameters, in: &graph)
  }

  /// - Shapes: x `[N, T, E]`, output the same.
  func feedForward(
    _ x: Value, _ parameters: ArraySlice<Value>, context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let shape = graph.shape(of: x)
    let parameters = Array(parameters)
    let second = bias ? 2 : 1
    let rows = try graph.reshape(x, to: [shape[0] * shape[1], shape[2]])
    var y = try graph.linear(rows, weight: parameters[0], bias: bias ? parameters[1] : nil)
    switch gate {
    case .activation(let activation): y = try context.activate(y, by: activation, in: &graph)
    case .swiglu:
      let hidden = hidden(shape[2])
      let halves = try graph.split(y, lengths: [hidden, hidden], axis: 1)
      y = try graph.multiply(graph.activation(.swish, halves[0]), halves[1])
    }
    y = try dropped(y, "hidden", context, in: &graph)
    y = try graph.linear(
      y, weight: parameters[second], bias: bias ? parameters[second + 1] : nil)
    return try graph.reshape(y, to: shape)
  }

  private func dropped(
    _ x: Value, _ stream: String, _ context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    guard context.mode == .training, dropout > 0 else { return x }
    return try graph.dropout(x, rate: dropout, stream: "\(context.layer).\(stream)")
  }
}
