import Autodiff
import JSON
import Tensors

/// Attention over the edges that reach each vertex.
///
/// `y_i = ‖_h Σ_j α_ij W x_j + b` with `α_i` the softmax over j of `leaky_relu(a_s · W x_j + a_t · W x_i)`,
/// Veličković et al. 2018, arXiv:1710.10903; version 2 scores by `a · leaky_relu(W_l x_j + W_r x_i)`, so that
/// which neighbour counts most depends on who asks, Brody et al. 2022, arXiv:2105.14491. Every vertex has an edge
/// to itself, with the mean of the features of the edges that reach it.
///
/// - Shapes: input `[V, D]`, output `[V, heads · units]`, or `[V, units]` of the heads' mean.
/// - Parameters: as PyTorch Geometric's `GATConv`: `att_src`, `att_dst`, `att_edge [1, heads, units]`, `bias`,
///   `lin.weight [heads · units, D]`, `lin_edge.weight [heads · units, F]`; as `GATv2Conv`: `att`, `bias`,
///   `lin_l.weight`, `lin_l.bias`, `lin_r.weight`, `lin_r.bias`, `lin_edge.weight`.
public struct GraphAttention: GraphLayer {
  public let units: Int
  let heads: Int
  let version: Int
  let concat: Bool
  let slope: Double
  let dropout: Double
  let selfLoops: Bool
  let usesEdges: Bool
  /// Features of an edge; `nil` when they aren't used.
  let edgeWidth: Int?
  public let activation: Activation
  public let bias: Bool
  public let initializer: Initializer

  private static let headsField = Field(
    "heads", .integer(1...1_024), default: 1, "How many heads.")
  private static let versionField = Field(
    "version", .integer(1...2), default: 1, "2 for arXiv:2105.14491.")
  private static let concatField = Field(
    "concat", .boolean, default: true,
    "Whether the heads' features stand one after the other; else their mean is taken.")
  private static let slopeField = Field(
    "negative_slope", .number(0...1), default: 0.2, "That of the scores' leaky_relu.")
  private static let dropoutField = Field(
    "dropout", .number(0...0.999), default: 0.0,
    "The fraction of the attention that is dropped while training.")
  private static let selfLoopsField = Field(
    "self_loops", .boolean, default: true, "Whether every vertex attends to itself too.")

  public static let documentation = CatalogEntry(
    type: "graph_attention",
    summary: "Attention over the edges that reach each vertex.",
    formula: "y_i = activation(‖_h Σ_j softmax_j(leaky_relu(a_s · W x_j + a_t · W x_i)) W x_j + b)",
    shapes: "[D] of each vertex -> [heads · units], or [units] without concat",
    fields: [
      GraphFields.units, headsField, versionField, concatField, slopeField, dropoutField,
      selfLoopsField, GraphFields.edgeFeatures, CommonFields.activation, CommonFields.bias,
      GraphFields.initializer,
    ],
    weights: [
      "att_src, att_dst, att_edge [1, heads, units] (att of version 2)",
      "bias [heads · units] ([units] without concat)",
      "lin.weight [heads · units, D] (lin_l and lin_r, each with a bias, of version 2)",
      "lin_edge.weight [heads · units, F]",
    ],
    source: """
      Veličković et al. 2018, arXiv:1710.10903; Brody et al. 2022, arXiv:2105.14491. As \
      torch_geometric.nn.GATConv and GATv2Conv.
      """)

  public static let shapeFields = ["units", "heads", "concat", "edge_features"]

  public init(from reader: inout ObjectReader) {
    units = reader.integer(GraphFields.units)
    heads = reader.integer(GraphAttention.headsField)
    version = reader.integer(GraphAttention.versionField)
    concat = reader.bool(GraphAttention.concatField)
    slope = reader.double(GraphAttention.slopeField)
    dropout = reader.double(GraphAttention.dropoutField)
    selfLoops = reader.bool(GraphAttention.selfLoopsField)
    usesEdges = reader.bool(GraphFields.edgeFeatures)
    edgeWidth = nil
    activation = reader.activation()
    bias = reader.bool(CommonFields.bias)
    initializer = reader.initializer(GraphFields.initializer, default: .glorotUniform(gain: 1))
  }

  private init(_ other: GraphAttention, edgeWidth: Int?) {
    units = other.units
    heads = other.heads
    version = other.version
    concat = other.concat
    slope = other.slope
    dropout = other.dropout
    selfLoops = other.selfLoops
    usesEdges = other.usesEdges
    activation = other.activation
    bias = other.bias
    initializer = other.initializer
    self.edgeWidth = edgeWidth
  }

  public var configuration: [(String, JSON)] {
    [
      ("units", .integer(units)), ("heads", .integer(heads)), ("version", .integer(version)),
      ("concat", .bool(concat)), ("negative_slope", .number(slope)),
      ("dropout", .number(dropout)), ("self_loops", .bool(selfLoops)),
      ("edge_features", .bool(usesEdges)), ("activation", activation.json), ("bias", .bool(bias)),
      ("initializer", initializer.json),
    ]
  }

  public var sparseSupport: SparseSupport { .consumes }

  public func taking(_ graph: GraphInputSpec) throws(ShapeFault) -> GraphAttention {
    GraphAttention(
      self, edgeWidth: try GraphFields.edgeWidth(usesEdges, graph, of: Self.type))
  }

  private var width: Int { heads * units }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    _ = try GraphFields.width(inputs, of: Self.type)
    guard width <= LayerLimits.units else {
      throw ShapeFault(
        field: "heads", "\(heads) heads of \(units) units are \(width) features",
        rule: "at most \(LayerLimits.units)")
    }
    return [concat ? width : units]
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    // Glorot's bound of a head's vector, as PyTorch Geometric has it.
    let bound = (6 / Double(heads + units)).squareRoot()
    func scores(_ name: String) -> LayerParameter {
      LayerParameter(name, [1, heads, units], .uniform(low: -bound, high: bound))
    }
    let isFirst = version == 1
    var parameters = isFirst ? [scores("att_src"), scores("att_dst")] : [scores("att")]
    if isFirst, edgeWidth != nil { parameters.append(scores("att_edge")) }
    if bias { parameters.append(LayerParameter("bias", [concat ? width : units], .zeros)) }
    for name in isFirst ? ["lin"] : ["lin_l", "lin_r"] {
      parameters.append(LayerParameter("\(name).weight", [width, inputs[0][0]], initializer))
      if !isFirst, bias { parameters.append(LayerParameter("\(name).bias", [width], .zeros)) }
    }
    if let edgeWidth {
      parameters.append(LayerParameter("lin_edge.weight", [width, edgeWidth], initializer))
    }
    return parameters
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    width * (2 * inputs[0][0] * version + 8) + output.count * activation.flops
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let structure = try context.structure(Self.type)
    let pattern = structure.pattern(loops: selfLoops)
    var rest = parameters[...]
    let attention = Array(rest.prefix(version == 1 ? (edgeWidth == nil ? 2 : 3) : 1))
    rest = rest.dropFirst(attention.count)
    let shift = bias ? rest.popFirst() : nil
    func projected(_ graph: inout Graph) throws(GraphError) -> Value {
      let weight = rest.removeFirst()
      return try graph.vertexLinear(
        inputs[0], sparsity: context.sparsity, weight: weight,
        bias: version == 2 && bias ? rest.removeFirst() : nil)
    }
    let sources = try projected(&graph)
    let targets = version == 1 ? sources : try projected(&graph)
    let edges = try projectedEdges(rest.first, structure, in: &graph)
    var weights =
      version == 1
      ? try scores(sources, edges, attention, pattern, in: &graph)
      : try jointScores(sources, targets, edges, attention[0], pattern, in: &graph)
    weights = try graph.segmentSoftmax(weights, of: pattern)
    if context.mode == .training, dropout > 0 {
      weights = try graph.dropout(weights, rate: dropout, stream: "\(context.layer).attention")
    }
    var y = try graph.neighborSum(pattern, values: weights, sources)
    if !concat {
      y = try graph.reshape(y, to: [structure.extents.vertices, heads, units])
      y = try graph.mean(y, axes: [1])
    }
    if let shift { y = try graph.add(y, shift) }
    return try context.activate(y, by: activation, in: &graph)
  }

  /// `[edges, heads · units]` of the edges' features; `nil` when they aren't used.
  private func projectedEdges(
    _ weight: Value?, _ structure: GraphStructure, in graph: inout Graph
  ) throws(GraphError) -> Value? {
    guard let weight, var features = structure.edgeFeatures, edgeWidth != nil else { return nil }
    if selfLoops {
      let means = try structure.mean(features, in: &graph)
      features = try structure.looped(features, loops: means, in: &graph)
    }
    return try graph.linear(features, weight: weight, bias: nil)
  }

  /// `leaky_relu(a_s · W x_j + a_t · W x_i + a_e · W_e e)` of every edge: `[E, heads]`.
  private func scores(
    _ x: Value, _ edges: Value?, _ attention: [Value], _ pattern: SparsePattern,
    in graph: inout Graph
  ) throws(GraphError) -> Value {
    let sources = try graph.gather(
      headSums(x, attention[0], in: &graph), indices: pattern.columns)
    let targets = try graph.gather(headSums(x, attention[1], in: &graph), indices: pattern.rows)
    var sum = try graph.add(sources, targets)
    if let edges { sum = try graph.add(sum, headSums(edges, attention[2], in: &graph)) }
    return try graph.activation(.leakyRelu(slope), sum)
  }

  /// `a · leaky_relu(W_l x_j + W_r x_i + W_e e)` of every edge: `[E, heads]`.
  private func jointScores(
    _ sources: Value, _ targets: Value, _ edges: Value?, _ attention: Value,
    _ pattern: SparsePattern, in graph: inout Graph
  ) throws(GraphError) -> Value {
    var sum = try graph.add(
      graph.gather(sources, indices: pattern.columns),
      graph.gather(targets, indices: pattern.rows))
    if let edges { sum = try graph.add(sum, edges) }
    return try headSums(graph.activation(.leakyRelu(slope), sum), attention, in: &graph)
  }

  /// `[rows, heads]`: the sums of each head's features times the head's vector.
  private func headSums(
    _ x: Value, _ vector: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let rows = graph.shape(of: x)[0]
    let products = try graph.multiply(
      graph.reshape(x, to: [rows, heads, units]), vector)
    return try graph.sum(products, axes: [2])
  }
}
