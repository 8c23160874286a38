import Autodiff
import JSON
import Tensors

/// One row for each graph, of the rows of its vertices.
///
/// `y_g = Σ_i x_i` over the vertices `i` of the graph `g`, or their mean, or the largest of each feature. Xu et al.
/// 2019, arXiv:1810.00826, say which tells graphs apart.
///
/// - Shapes: input `[V, D]`, output `[G, D]`: the layers that follow work on graphs.
public struct GraphReadout: GraphLayer {
  let aggregation: Aggregation

  private static let aggregationField = Aggregation.field(
    default: "sum", "What becomes of the vertices' features.")

  public static let documentation = CatalogEntry(
    type: "graph_readout",
    summary: "One row for each graph: the sum, mean or largest of its vertices'.",
    formula: "y_g = Σ_{i in g} x_i",
    shapes: "[D] of each vertex -> [D] of each graph",
    fields: [aggregationField],
    source: """
      Xu et al. 2019, arXiv:1810.00826. As torch_geometric.nn.global_add_pool, global_mean_pool and \
      global_max_pool.
      """)

  public static let readsOut = true

  public init(from reader: inout ObjectReader) {
    aggregation = Aggregation(rawValue: reader.choice(GraphReadout.aggregationField)) ?? .sum
  }

  public var configuration: [(String, JSON)] {
    [("aggregation", .string(aggregation.rawValue))]
  }

  public func taking(_ graph: GraphInputSpec) throws(ShapeFault) -> GraphReadout { self }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    [try GraphFields.width(inputs, of: Self.type)]
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { output.count }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let structure = try context.structure(Self.type)
    return try aggregation.apply(to: inputs[0], structure.membership, in: &graph)
  }
}
