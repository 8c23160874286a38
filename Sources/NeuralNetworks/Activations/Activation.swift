import Autodiff
import JSON
import Tensors

/// An activation as a spec names it.
public struct Activation: Hashable, Sendable {
  public enum Form: Hashable, Sendable {
    /// One that has a kernel of its own.
    case kernel(ActivationKind)
    /// One made of the graph's operations.
    case composition(Composition)
    case learnedRectifier(LearnedRectifier)
    /// One that the author of the spec wrote.
    case expression(ActivationExpression)
  }

  public let form: Form

  public static let identity = Activation(kind: .identity)

  public init(_ form: Form) { self.form = form }
  public init(kind: ActivationKind) { form = .kernel(kind) }
  public init(_ composition: Composition) { form = .composition(composition) }

  /// Reads a name, an object with a type and its parameters, or an object with an expression.
  public init(_ json: JSON, pointer: String) throws(Faults) {
    try Activation.refuseLayers(json, pointer: pointer)
    var choice = try CatalogChoice(
      json.withExpressionType, among: ActivationCatalog.entries, kind: "an activation",
      pointer: pointer)
    self = ActivationCatalog.decode(choice.index, &choice.reader)
    try choice.reader.finish().check()
  }

  /// Those that change the shape are layers.
  private static func refuseLayers(_ json: JSON, pointer: String) throws(Faults) {
    guard let name = json.string ?? json["type"]?.string, ["maxout", "glu"].contains(name) else {
      return
    }
    throw Faults([
      Fault(
        pointer: json.string == nil ? "\(pointer)/type" : pointer,
        detail:
          "\"\(name)\" changes the shape, so it's a layer of its own: put { \"type\": \"\(name)\" } "
          + "behind this one")
    ])
  }

  /// `.identity` for what has no kernel of its own.
  public var kind: ActivationKind {
    if case .kernel(let kind) = form { kind } else { .identity }
  }

  /// The name, or an object where the activation has parameters.
  public var json: JSON {
    switch form {
    case .kernel(let kind): kind.json
    case .composition(let composition): composition.json
    case .learnedRectifier(let rectifier): rectifier.json
    case .expression(let expression): expression.json
    }
  }

  /// Whether it lets through little of the negative half, so that He's initialization fits it.
  public var isRectifying: Bool {
    switch form {
    case .kernel(let kind): kind.isRectifying
    case .composition(let composition): composition.isRectifying
    case .learnedRectifier: true
    case .expression(let expression): expression.behaviour.isRectifying
    }
  }

  /// Floating-point operations an element, counting a transcendental function as one.
  var flops: Int {
    switch form {
    case .kernel(let kind): kind.flops
    case .composition(let composition): composition.flops
    case .learnedRectifier: 3
    case .expression(let expression): expression.expression.operations
    }
  }

  /// Whether it treats each element alone, and so doesn't care which axis has the channels.
  var isElementwise: Bool {
    switch form {
    case .kernel(let kind): kind != .softmax
    case .composition(let composition): composition.isElementwise
    case .learnedRectifier, .expression: true
    }
  }

  /// What it learns.
  var learned: [LearnedNumber] {
    switch form {
    case .kernel, .composition: []
    case .learnedRectifier(let rectifier): [rectifier.weight]
    case .expression(let expression): expression.parameters
    }
  }

  /// - Parameter parameters: the values of `learned`, `[1]` or `[channels]` each.
  func apply(
    to x: Value, parameters: [Value] = [], in graph: inout Graph
  ) throws(GraphError) -> Value {
    guard parameters.count == learned.count else {
      throw GraphError(
        .invalidSetting,
        "the activation learns \(learned.map(\.name).joined(separator: ", ")), for which there is no "
          + "place here", rule: "an activation layer behind this one learns it")
    }
    switch form {
    case .kernel(.identity): return x
    case .kernel(let kind): return try graph.activation(kind, x)
    case .composition(let composition): return try composition.applyJoined(to: x, in: &graph)
    case .learnedRectifier(let rectifier):
      return try rectifier.apply(
        to: x, weight: ChannelAxis.spread(parameters[0], over: x, in: &graph), in: &graph)
    case .expression(let expression):
      var spread: [Value] = []
      for parameter in parameters {
        spread.append(try ChannelAxis.spread(parameter, over: x, in: &graph))
      }
      return try expression.apply(to: x, parameters: spread, in: &graph)
    }
  }
}

extension ActivationKind {
  fileprivate var json: JSON {
    switch self {
    case .identity: "identity"
    case .relu: "relu"
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .leakyRelu(let slope): ["type": "leaky_relu", "slope": .number(slope)]
    case .elu(let alpha): ["type": "elu", "alpha": .number(alpha)]
    case .gelu: "gelu"
    case .geluTanh: ["type": "gelu", "approximate": "tanh"]
    case .swish: "swish"
    case .softmax: "softmax"
    }
  }

  fileprivate var isRectifying: Bool {
    switch self {
    case .relu, .leakyRelu, .elu, .gelu, .geluTanh, .swish: true
    case .identity, .sigmoid, .tanh, .softmax: false
    }
  }

  fileprivate var flops: Int {
    switch self {
    case .identity: 0
    case .relu, .tanh: 1
    case .leakyRelu: 2
    case .sigmoid, .elu: 3
    case .swish, .softmax: 4
    case .gelu: 5
    case .geluTanh: 8
    }
  }
}
