import Autodiff
import JSON
import Tensors

/// A layer that tells apart what the Weisfeiler-Lehman test tells apart.
///
/// `y_i = mlp((1 + ε) x_i + Σ_j x_j)`, Xu et al. 2019, arXiv:1810.00826; with the features of edges
/// `Σ_j relu(x_j + W_e e_ji + b)`, Hu et al. 2020, arXiv:1905.12265. The MLP has relu between its layers.
///
/// - Shapes: input `[V, D]`, output `[V, units]`.
/// - Parameters: as PyTorch Geometric's `GINConv` and `GINEConv`: `eps [1]` when it is learned, `nn.0.weight`,
///   `nn.0.bias`, `nn.2.weight`, …, `lin.weight [D, F]`, `lin.bias [D]` with edge features.
public struct GraphIsomorphism: GraphLayer {
  public let units: Int
  /// Units of the MLP's layers before the last.
  let hidden: [Int]
  let epsilon: Double
  let learnsEpsilon: Bool
  let usesEdges: Bool
  /// Features of an edge; `nil` when they aren't used.
  let edgeWidth: Int?
  public let activation: Activation
  public let initializer: Initializer

  private static let mostHidden = 8
  private static let hiddenField = Field(
    "hidden_units", .described("an integer, or an array of at most 8"),
    "Units of the MLP's layers before the last; one of as many as units when left out.")
  private static let epsilonField = Field(
    "epsilon", .number(-10...10), default: 0.0, "What ε is, or begins with.")
  private static let learnsField = Field(
    "train_epsilon", .boolean, default: false, "Whether ε is learned.")

  public static let documentation = CatalogEntry(
    type: "graph_isomorphism",
    summary: "An MLP of a vertex's features and the sum of its neighbours'.",
    formula: "y_i = activation(mlp((1 + ε) x_i + Σ_j x_j))",
    shapes: "[D] of each vertex -> [units]",
    fields: [
      GraphFields.units, hiddenField, epsilonField, learnsField, GraphFields.edgeFeatures,
      CommonFields.activation, GraphFields.initializer,
    ],
    weights: [
      "eps [1] with train_epsilon", "nn.0.weight [hidden, D], nn.0.bias", "nn.2.weight, nn.2.bias",
      "lin.weight [D, F], lin.bias [D] with edge_features",
    ],
    source: """
      Xu et al. 2019, arXiv:1810.00826; Hu et al. 2020, arXiv:1905.12265. As \
      torch_geometric.nn.GINConv and GINEConv.
      """)

  public static let shapeFields = ["units"]

  public init(from reader: inout ObjectReader) {
    units = reader.integer(GraphFields.units)
    hidden = GraphIsomorphism.hidden(&reader) ?? [units]
    epsilon = reader.double(GraphIsomorphism.epsilonField)
    learnsEpsilon = reader.bool(GraphIsomorphism.learnsField)
    usesEdges = reader.bool(GraphFields.edgeFeatures)
    edgeWidth = nil
    activation = reader.activation()
    initializer = reader.initializer(
      GraphFields.initializer, default: .glorotUniform(gain: 1))
  }

  private static func hidden(_ reader: inout ObjectReader) -> [Int]? {
    guard let value = reader.value(hiddenField.name) else { return nil }
    let range = 1...LayerLimits.units
    if value.integer != nil {
      return reader.integer(hiddenField.name, in: range).map { [$0] }
    }
    guard let elements = reader.array(hiddenField.name, count: 0...mostHidden) else { return nil }
    let units = elements.compactMap(\.integer).filter(range.contains)
    if units.count != elements.count {
      reader.fault(
        hiddenField.name, "expected integers from 1 to \(LayerLimits.units), such as [64, 64]")
      return nil
    }
    return units
  }

  private init(_ other: GraphIsomorphism, edgeWidth: Int?) {
    units = other.units
    hidden = other.hidden
    epsilon = other.epsilon
    learnsEpsilon = other.learnsEpsilon
    usesEdges = other.usesEdges
    activation = other.activation
    initializer = other.initializer
    self.edgeWidth = edgeWidth
  }

  public var configuration: [(String, JSON)] {
    [
      ("units", .integer(units)), ("hidden_units", .array(hidden.map(JSON.integer))),
      ("epsilon", .number(epsilon)), ("train_epsilon", .bool(learnsEpsilon)),
      ("edge_features", .bool(usesEdges)), ("activation", activation.json),
      ("initializer", initializer.json),
    ]
  }

  /// What edges add makes dense messages.
  public var sparseSupport: SparseSupport { usesEdges ? .none : .consumes }

  public func taking(_ graph: GraphInputSpec) throws(ShapeFault) -> GraphIsomorphism {
    GraphIsomorphism(
      self, edgeWidth: try GraphFields.edgeWidth(usesEdges, graph, of: Self.type))
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    _ = try GraphFields.width(inputs, of: Self.type)
    return [units]
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    let width = inputs[0][0]
    var parameters =
      learnsEpsilon ? [LayerParameter("eps", [1], .constant(value: epsilon))] : []
    var last = width
    for (index, units) in (hidden + [units]).enumerated() {
      parameters += [
        LayerParameter("nn.\(2 * index).weight", [units, last], initializer),
        LayerParameter("nn.\(2 * index).bias", [units], .zeros),
      ]
      last = units
    }
    if let edgeWidth {
      parameters += [
        LayerParameter("lin.weight", [width, edgeWidth], initializer),
        LayerParameter("lin.bias", [width], .zeros),
      ]
    }
    return parameters
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    var flops = units * activation.flops
    var last = inputs[0][0]
    for units in hidden + [units] {
      flops += 2 * last * units + units
      last = units
    }
    return flops
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let structure = try context.structure(Self.type)
    var rest = parameters[...]
    let factor =
      learnsEpsilon
      ? try graph.offset(rest.removeFirst(), by: 1) : graph.scalar(1 + epsilon)
    let linears = (0...hidden.count).map { _ in (rest.removeFirst(), rest.removeFirst()) }
    var y: Value
    let isDense = context.sparsity == nil
    if usesEdges || isDense && graph.shape(of: inputs[0])[1] < (hidden.first ?? units) {
      let messages = try sums(inputs[0], Array(rest), structure, in: &graph)
      y = try graph.add(graph.multiply(inputs[0], factor), messages)
      y = try graph.linear(y, weight: linears[0].0, bias: linears[0].1)
    } else {
      // The sum is linear, so that it is taken where rows are shorter.
      let x = try graph.vertexLinear(
        inputs[0], sparsity: context.sparsity, weight: linears[0].0)
      let messages = try graph.neighborSum(structure.edges, x)
      y = try graph.add(graph.multiply(x, factor), messages)
      y = try graph.add(y, linears[0].1)
    }
    for (weight, bias) in linears.dropFirst() {
      y = try graph.linear(graph.activation(.relu, y), weight: weight, bias: bias)
    }
    return try context.activate(y, by: activation, in: &graph)
  }

  /// What each vertex is told: `[V, D]`.
  private func sums(
    _ x: Value, _ linear: [Value], _ structure: GraphStructure, in graph: inout Graph
  ) throws(GraphError) -> Value {
    guard let features = structure.edgeFeatures, linear.count == 2 else {
      return try graph.neighborSum(structure.edges, x)
    }
    let ofEdges = try graph.linear(features, weight: linear[0], bias: linear[1])
    let messages = try graph.activation(
      .relu, graph.add(graph.gather(x, indices: structure.edges.columns), ofEdges))
    return try graph.segmentSum(
      messages, segments: structure.edges.rows, count: structure.extents.vertices)
  }
}
