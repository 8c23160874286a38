import Autodiff
import JSON
import Tensors

/// A layer that works on the graph whose vertices are the batch.
public protocol GraphLayer: Layer {
  /// Whether its output has a row for each graph in place of each vertex.
  static var readsOut: Bool { get }

  /// The layer once it's known what the model's graph has.
  ///
  /// - Throws: `ShapeFault` when it needs what the graph hasn't.
  func taking(_ graph: GraphInputSpec) throws(ShapeFault) -> Self
}

extension GraphLayer {
  public static var readsOut: Bool { false }
}

/// What a layer does with features of which only some elements are stored.
public enum SparseSupport: Hashable, Sendable {
  /// It takes dense features alone.
  case none
  /// It changes the stored elements alone.
  case keeps
  /// It makes dense features of them, narrower ones as a rule.
  case consumes
}

/// Members that graph layers share.
enum GraphFields {
  static let units = Field(
    "units", .integer(1...LayerLimits.units), isRequired: true, "Features of each vertex.")
  static let initializer = Field(
    "initializer", .described("an initializer"), default: "glorot_uniform",
    "How the weights begin.")
  static let edgeFeatures = Field(
    "edge_features", .boolean, default: false,
    "Whether the edges' features are used; the input's graph says how many there are.")

  static let rule = "[D] of each vertex -> [units]"

  /// The features of a vertex.
  static func width(_ inputs: [Shape], of type: String) throws(ShapeFault) -> Int {
    guard inputs[0].rank == 1 else {
      throw ShapeFault(
        "the input \(inputs[0]) has \(inputs[0].rank) axes; \(type) needs [D], the features of a vertex",
        rule: rule)
    }
    return inputs[0][0]
  }

  /// How many features edges have, where a layer wants to use them.
  static func edgeWidth(
    _ isUsed: Bool, _ graph: GraphInputSpec, of type: String
  ) throws(ShapeFault) -> Int? {
    guard isUsed else { return nil }
    guard graph.edgeFeatures > 0 else {
      throw ShapeFault(
        field: "edge_features", "the model's graph has no edge features",
        rule: "the input says how many there are: \"graph\": { \"edge_features\": 3 }")
    }
    return graph.edgeFeatures
  }
}

extension ForwardContext {
  /// The graph, which the decoder has seen to it that there is.
  func structure(_ type: String) throws(GraphError) -> GraphStructure {
    guard let structure else {
      throw GraphError(
        .invalidSetting, "there is no graph", rule: "\(type) works on the vertices of a graph",
        operation: type, scope: layer)
    }
    return structure
  }
}

extension Graph {
  /// `x Wᵀ + b` for features that are dense, or of which `sparsity` says where the stored ones are.
  ///
  /// - Shapes: x `[V, D]`, or `[stored]`; weight `[units, D]`, bias `[units]`; output `[V, units]`.
  mutating func vertexLinear(
    _ x: Value, sparsity: SparsePattern?, weight: Value, bias: Value? = nil
  ) throws(GraphError) -> Value {
    guard let sparsity else { return try linear(x, weight: weight, bias: bias) }
    let product = try neighborSum(sparsity, values: x, transpose(weight))
    guard let bias else { return product }
    return try add(product, bias)
  }
}
