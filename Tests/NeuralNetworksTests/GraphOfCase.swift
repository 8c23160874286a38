import Autodiff
import JSON
import Tensors
import Testing

@testable import NeuralNetworks

/// The graph of a fixture's case: whose vertices the rows of its input are.
struct GraphOfCase {
  let topology: GraphTopology
  private let edgeFeatures: LayerCase.Numbers?
  private let features: Int
  /// Whether the layer's output has a row for each graph.
  private let readsOut: Bool

  init?(_ json: JSON?) {
    guard let json else { return nil }
    func integers(_ json: JSON?) -> [Int32] {
      (json?.array ?? []).compactMap(\.integer).map(Int32.init)
    }
    let edges = (json["edges"]?.array ?? []).map { integers($0) }
    let vertices = json["vertices"]?.integer ?? 0
    features = json["features"]?.integer ?? 0
    var sparsity: SparseIndex?
    if let stored = json["sparse"] {
      sparsity = SparseIndex(
        rows: integers(stored["rows"]), columns: integers(stored["columns"]),
        rowCount: vertices, columnCount: features)
    }
    topology = GraphTopology(
      vertices: vertices, sources: edges.map { $0[0] }, targets: edges.map { $0[1] },
      graphs: integers(json["graphs"]), features: sparsity)
    edgeFeatures = json["edge_features"].map(LayerCase.Numbers.init)
    readsOut = json["graphs"] != nil
  }

  var batch: Int { topology.extents.vertices }
  var rows: Int { readsOut ? topology.extents.graphs : batch }
  var shapes: [Shape] { [[features]] }
  private var edgeWidth: Int { edgeFeatures?.shape[1] ?? 0 }

  func taken(by layer: any Layer) throws -> any Layer {
    guard let layer = layer as? any GraphLayer else { return layer }
    return try layer.taking(GraphInputSpec(edgeFeatures: edgeWidth))
  }

  /// Adds the structure to a case's graph; the edges' features are among what is differentiated.
  func add(
    to context: inout ForwardContext, in graph: inout Graph, element: ElementType,
    _ contents: inout [Value: Tensor], _ variables: inout [(name: String, value: Value)]
  ) throws {
    let structure = GraphStructure(topology.extents, edgeFeatures: edgeWidth, in: &graph)
    for (value, tensor) in structure.contents(topology) { contents[value] = tensor }
    if let value = structure.edgeFeatures, let edgeFeatures {
      contents[value] = edgeFeatures.tensor(element)
      variables.append(("edge features", value))
    }
    context.structure = structure
    context.sparsity = topology.features.map { graph.sparsePattern($0) }
  }
}
