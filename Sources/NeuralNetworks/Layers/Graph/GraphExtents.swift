/// How large the graph is whose vertices are a model's batch.
public struct GraphExtents: Hashable, Sendable {
  public let vertices: Int
  /// Each direction counts.
  public let edges: Int
  /// Edges once every vertex that had none has one to itself.
  public let loopedEdges: Int
  /// Elements of the vertices' features that are stored; `nil` when they are dense.
  public let storedFeatures: Int?
  public let graphs: Int

  public init(vertices: Int, edges: Int, loopedEdges: Int, storedFeatures: Int?, graphs: Int) {
    self.vertices = vertices
    self.edges = edges
    self.loopedEdges = loopedEdges
    self.storedFeatures = storedFeatures
    self.graphs = graphs
  }

  /// What a model is checked with as long as nobody knows its data.
  public static let nominal = GraphExtents(
    vertices: 4, edges: 6, loopedEdges: 10, storedFeatures: nil, graphs: 2)
}
