import Autodiff
import JSON
import Tensors

/// An activation as a spec names it.
public struct Activation: Hashable, Sendable {
  /// `.identity` for a composition.
  public let kind: ActivationKind
  /// What it is made of, when it has no kernel of its own.
  public let composition: Composition?

  public static let identity = Activation(kind: .identity)

  public init(kind: ActivationKind) {
    self.kind = kind
    composition = nil
  }

  public init(_ composition: Composition) {
    kind = .identity
    self.composition = composition
  }

  /// Reads a name, or an object with a type and its parameters.
  public init(_ json: JSON, pointer: String) throws(Faults) {
    try Activation.refuseLayers(json, pointer: pointer)
    var choice = try CatalogChoice(
      json, among: ActivationCatalog.entries, kind: "an activation", pointer: pointer)
    let kernels = ActivationCatalog.all
    self =
      choice.index < kernels.count
      ? Activation(kind: kernels[choice.index].decode(&choice.reader))
      : Activation(CompositionCatalog.all[choice.index - kernels.count].decode(&choice.reader))
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

  /// The name, or an object where the activation has parameters.
  public var json: JSON {
    if let composition { return composition.json }
    return switch kind {
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

  /// Whether it lets through little of the negative half, so that He's initialization fits it.
  public var isRectifying: Bool {
    if let composition { return composition.isRectifying }
    return switch kind {
    case .relu, .leakyRelu, .elu, .gelu, .geluTanh, .swish: true
    case .identity, .sigmoid, .tanh, .softmax: false
    }
  }

  /// Floating-point operations an element, counting a transcendental function as one.
  var flops: Int {
    if let composition { return composition.flops }
    return switch kind {
    case .identity: 0
    case .relu, .tanh: 1
    case .leakyRelu: 2
    case .sigmoid, .elu: 3
    case .swish, .softmax: 4
    case .gelu: 5
    case .geluTanh: 8
    }
  }

  /// Whether it treats each element alone, and so doesn't care which axis has the channels.
  var isElementwise: Bool {
    if let composition { return composition.isElementwise }
    if case .softmax = kind { return false }
    return true
  }

  func apply(to x: Value, in graph: inout Graph) throws(GraphError) -> Value {
    if let composition { return try composition.apply(to: x, in: &graph) }
    if case .identity = kind { return x }
    return try graph.activation(kind, x)
  }
}
