import Autodiff
import JSON
import Tensors

/// A graph convolution: each vertex gets the normalised sum of what its neighbours and itself are projected to.
///
/// `y = activation(D^-½ (A + I) D^-½ x Wᵀ + b)` with `D` the sums of the rows of `A + I`. Kipf & Welling 2017,
/// arXiv:1609.02907.
///
/// - Shapes: input `[V, D]`, output `[V, units]`.
/// - Parameters: as PyTorch Geometric's `GCNConv`: `bias [units]`, `lin.weight [units, D]`.
public struct GraphConvolution: GraphLayer {
  /// What the adjacency is multiplied by.
  enum Normalization: String, CaseIterable, Sendable {
    case symmetric, row, none
  }

  public let units: Int
  public let activation: Activation
  public let bias: Bool
  let normalization: Normalization
  let selfLoops: Bool
  let edgeWeights: Bool
  public let initializer: Initializer

  private static let normalizationField = Field(
    "normalization", .choice(Normalization.allCases.map(\.rawValue)), default: "symmetric",
    "\"symmetric\" divides by the roots of both vertices' degrees, \"row\" by the target's degree.")
  private static let selfLoopsField = Field(
    "self_loops", .boolean, default: true,
    "Whether every vertex has an edge to itself, of weight 1 where the data has none.")
  private static let edgeWeightsField = Field(
    "edge_weights", .boolean, default: false,
    "Whether the one feature of each edge is its weight in the adjacency.")

  public static let documentation = CatalogEntry(
    type: "graph_conv",
    summary: "A graph convolution: the normalised sum over each vertex's neighbours and itself.",
    formula: "y = activation(D^-½ (A + I) D^-½ x Wᵀ + b)",
    shapes: "[D] of each vertex -> [units]",
    fields: [
      GraphFields.units, CommonFields.activation, CommonFields.bias, normalizationField,
      selfLoopsField, edgeWeightsField, GraphFields.initializer,
    ],
    weights: ["bias [units]", "lin.weight [units, D]"],
    source: "Kipf & Welling 2017, arXiv:1609.02907. As torch_geometric.nn.GCNConv.")

  public static let shapeFields = ["units"]

  public init(from reader: inout ObjectReader) {
    units = reader.integer(GraphFields.units)
    activation = reader.activation()
    bias = reader.bool(CommonFields.bias)
    normalization =
      Normalization(rawValue: reader.choice(GraphConvolution.normalizationField)) ?? .symmetric
    selfLoops = reader.bool(GraphConvolution.selfLoopsField)
    edgeWeights = reader.bool(GraphConvolution.edgeWeightsField)
    initializer = reader.initializer(GraphFields.initializer, default: .glorotUniform(gain: 1))
  }

  public var configuration: [(String, JSON)] {
    [
      ("units", .integer(units)), ("activation", activation.json), ("bias", .bool(bias)),
      ("normalization", .string(normalization.rawValue)), ("self_loops", .bool(selfLoops)),
      ("edge_weights", .bool(edgeWeights)), ("initializer", initializer.json),
    ]
  }

  public var sparseSupport: SparseSupport { .consumes }

  public func taking(_ graph: GraphInputSpec) throws(ShapeFault) -> GraphConvolution {
    guard edgeWeights, graph.edgeFeatures != 1 else { return self }
    throw ShapeFault(
      field: "edge_weights",
      "a weight is one number an edge, and the model's graph has edges of "
        + "\(graph.edgeFeatures) features",
      rule: "the input says \"graph\": { \"edge_features\": 1 }")
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    _ = try GraphFields.width(inputs, of: Self.type)
    return [units]
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    let weight = LayerParameter("lin.weight", [units, inputs[0][0]], initializer)
    return bias ? [LayerParameter("bias", [units], .zeros), weight] : [weight]
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    output.count * (2 * inputs[0][0] + (bias ? 1 : 0) + activation.flops)
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let structure = try context.structure(Self.type)
    let weight = parameters[parameters.count - 1]
    var y: Value
    // The sums are linear, so that they are taken where rows are shorter.
    if context.sparsity == nil, graph.shape(of: inputs[0])[1] < units {
      y = try graph.linear(aggregated(inputs[0], structure, in: &graph), weight: weight, bias: nil)
    } else {
      let projected = try graph.vertexLinear(
        inputs[0], sparsity: context.sparsity, weight: weight)
      y = try aggregated(projected, structure, in: &graph)
    }
    if bias { y = try graph.add(y, parameters[0]) }
    return try context.activate(y, by: activation, in: &graph)
  }

  /// The normalised adjacency times `x`.
  private func aggregated(
    _ x: Value, _ structure: GraphStructure, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let pattern = structure.pattern(loops: selfLoops)
    var weights: Value?
    if edgeWeights, let features = structure.edgeFeatures {
      weights = features
      if selfLoops {
        let ones = try graph.broadcast(graph.scalar(1), to: [structure.extents.vertices, 1])
        weights = try structure.looped(features, loops: ones, in: &graph)
      }
    }
    if normalization == .none { return try graph.neighborSum(pattern, values: weights, x) }
    let degrees = try structure.degrees(pattern, values: weights, in: &graph)
    // A vertex that nothing reaches has no say, as in PyTorch Geometric.
    let isReached = try graph.greater(degrees, graph.scalar(0))
    let divisor = try graph.select(isReached, degrees, graph.scalar(1))
    if normalization == .row {
      return try graph.divide(graph.neighborSum(pattern, values: weights, x), divisor)
    }
    let factors = try graph.multiply(isReached, graph.rsqrt(divisor))
    let sums = try graph.neighborSum(pattern, values: weights, graph.multiply(x, factors))
    return try graph.multiply(sums, factors)
  }
}
