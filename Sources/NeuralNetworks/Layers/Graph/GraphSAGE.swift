import Autodiff
import JSON
import Tensors

/// A layer that joins a vertex's features with the mean, sum or largest of its neighbours'.
///
/// `y_i = activation(W_l aggregate_j(x_j) + b + W_r x_i)`; with `pool_units` the neighbours' features go through
/// `relu(W x_j + b)` before. Hamilton et al. 2017, arXiv:1706.02216.
///
/// - Shapes: input `[V, D]`, output `[V, units]`.
/// - Parameters: as PyTorch Geometric's `SAGEConv`: `lin.weight [pool_units, D]`, `lin.bias [pool_units]`,
///   `lin_l.weight [units, D]`, `lin_l.bias [units]`, `lin_r.weight [units, D]`.
public struct GraphSAGE: GraphLayer {
  public let units: Int
  let aggregation: Aggregation
  /// `nil` where neighbours' features are aggregated as they are.
  let poolUnits: Int?
  let rootWeight: Bool
  let normalize: Bool
  public let activation: Activation
  public let bias: Bool
  public let initializer: Initializer

  private static let aggregationField = Aggregation.field(
    default: "mean", "What becomes of the neighbours' features.")
  private static let poolUnitsField = Field(
    "pool_units", .integer(1...LayerLimits.units),
    "Units of a dense layer with relu that each neighbour goes through first; none when left out.")
  private static let rootWeightField = Field(
    "root_weight", .boolean, default: true, "Whether the vertex's own features are added.")
  private static let normalizeField = Field(
    "normalize", .boolean, default: false, "Whether each vertex's output has the length 1.")

  public static let documentation = CatalogEntry(
    type: "graph_sage",
    summary: "Joins a vertex's features with the mean, sum or largest of its neighbours'.",
    formula: "y_i = activation(W_l aggregate_j(x_j) + b + W_r x_i)",
    shapes: "[D] of each vertex -> [units]",
    fields: [
      GraphFields.units, aggregationField, poolUnitsField, rootWeightField, normalizeField,
      CommonFields.activation, CommonFields.bias, GraphFields.initializer,
    ],
    weights: [
      "lin.weight [pool_units, D] and lin.bias with pool_units",
      "lin_l.weight [units, D]", "lin_l.bias [units]", "lin_r.weight [units, D]",
    ],
    source: "Hamilton et al. 2017, arXiv:1706.02216. As torch_geometric.nn.SAGEConv.")

  public static let shapeFields = ["units"]

  public init(from reader: inout ObjectReader) {
    units = reader.integer(GraphFields.units)
    aggregation = Aggregation(rawValue: reader.choice(GraphSAGE.aggregationField)) ?? .mean
    poolUnits = reader.integer("pool_units", in: 1...LayerLimits.units)
    rootWeight = reader.bool(GraphSAGE.rootWeightField)
    normalize = reader.bool(GraphSAGE.normalizeField)
    activation = reader.activation()
    bias = reader.bool(CommonFields.bias)
    initializer = reader.initializer(GraphFields.initializer, default: .glorotUniform(gain: 1))
  }

  public var configuration: [(String, JSON)] {
    [
      ("units", .integer(units)), ("aggregation", .string(aggregation.rawValue)),
      ("root_weight", .bool(rootWeight)), ("normalize", .bool(normalize)),
      ("activation", activation.json), ("bias", .bool(bias)), ("initializer", initializer.json),
    ] + (poolUnits.map { [("pool_units", .integer($0))] } ?? [])
  }

  /// The largest of sparse features would be dense ones.
  public var sparseSupport: SparseSupport {
    aggregation == .max && poolUnits == nil ? .none : .consumes
  }

  public func taking(_ graph: GraphInputSpec) throws(ShapeFault) -> GraphSAGE { self }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    _ = try GraphFields.width(inputs, of: Self.type)
    return [units]
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    let width = inputs[0][0]
    var parameters: [LayerParameter] = []
    if let poolUnits {
      parameters = [
        LayerParameter("lin.weight", [poolUnits, width], initializer),
        LayerParameter("lin.bias", [poolUnits], .zeros),
      ]
    }
    parameters.append(LayerParameter("lin_l.weight", [units, poolUnits ?? width], initializer))
    if bias { parameters.append(LayerParameter("lin_l.bias", [units], .zeros)) }
    if rootWeight {
      parameters.append(LayerParameter("lin_r.weight", [units, width], initializer))
    }
    return parameters
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    let width = inputs[0][0]
    let pooled = poolUnits.map { 2 * width * $0 } ?? 0
    let own = rootWeight ? 2 * width * units : 0
    return pooled + 2 * (poolUnits ?? width) * units + own + units * activation.flops
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let pattern = try context.structure(Self.type).edges
    var rest = parameters[...]
    var neighbors = inputs[0]
    var sparsity = context.sparsity
    if poolUnits != nil {
      let (weight, shift) = (rest.removeFirst(), rest.removeFirst())
      neighbors = try graph.activation(
        .relu,
        graph.vertexLinear(neighbors, sparsity: sparsity, weight: weight, bias: shift))
      sparsity = nil
    }
    let weight = rest.removeFirst()
    var y: Value
    // Means and sums are linear, so that they are taken where rows are shorter.
    let isDense = sparsity == nil
    if aggregation == .max || isDense && graph.shape(of: neighbors)[1] < units {
      let gathered = try aggregation.apply(to: neighbors, pattern, in: &graph)
      y = try graph.linear(gathered, weight: weight, bias: nil)
    } else {
      let projected = try graph.vertexLinear(neighbors, sparsity: sparsity, weight: weight)
      y = try aggregation.apply(to: projected, pattern, in: &graph)
    }
    if bias { y = try graph.add(y, rest.removeFirst()) }
    if rootWeight {
      y = try graph.add(
        y,
        graph.vertexLinear(
          inputs[0], sparsity: context.sparsity, weight: rest.removeFirst()))
    }
    if normalize {
      let length = try graph.sqrt(graph.sum(graph.square(y), axes: [1], keepsAxes: true))
      y = try graph.divide(y, graph.maximum(length, graph.scalar(1e-12)))
    }
    return try context.activate(y, by: activation, in: &graph)
  }
}
