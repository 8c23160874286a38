import Autodiff
import Tensors

/// The arrays that a `GraphStructure` stands for, and the vertices' features where they are sparse.
public struct GraphTopology: Sendable {
  public let extents: GraphExtents
  public let edges: SparseIndex
  public let loopedEdges: SparseIndex
  public let loopOrigins: Tensor
  public let membership: SparseIndex
  /// Where the stored elements of the vertices' features are; `nil` when they are dense.
  public let features: SparseIndex?

  /// - Parameters:
  ///   - sources, targets: the vertices of each edge, in the order of the targets.
  ///   - graphs: the graph of each vertex; empty for one graph.
  /// - Precondition: vertices from 0 to `vertices - 1`, graphs from 0 on, each with a vertex.
  public init(
    vertices: Int, sources: [Int32], targets: [Int32], graphs: [Int32] = [],
    features: SparseIndex? = nil
  ) {
    edges = SparseIndex(
      rows: targets, columns: sources, rowCount: vertices, columnCount: vertices)
    var loopedTargets: [Int32] = []
    var loopedSources: [Int32] = []
    var origins: [Int32] = []
    loopedTargets.reserveCapacity(targets.count + vertices)
    loopedSources.reserveCapacity(targets.count + vertices)
    origins.reserveCapacity(targets.count + vertices)
    var edge = 0
    for vertex in 0..<Int32(vertices) {
      var hasLoop = false
      while edge < targets.count, targets[edge] == vertex {
        hasLoop = hasLoop || sources[edge] == vertex
        loopedTargets.append(vertex)
        loopedSources.append(sources[edge])
        origins.append(Int32(edge))
        edge += 1
      }
      if hasLoop { continue }
      loopedTargets.append(vertex)
      loopedSources.append(vertex)
      origins.append(Int32(targets.count) + vertex)
    }
    loopedEdges = SparseIndex(
      rows: loopedTargets, columns: loopedSources, rowCount: vertices, columnCount: vertices)
    loopOrigins = Tensor(origins, shape: [origins.count])
    let graphCount = Int((graphs.max() ?? 0) + 1)
    let ofVertices = graphs.isEmpty ? [Int32](repeating: 0, count: vertices) : graphs
    let order = SparseIndex.order(ofVertices, count: graphCount)
    membership = SparseIndex(
      rows: order.map { ofVertices[Int($0)] }, columns: order, rowCount: graphCount,
      columnCount: vertices)
    self.features = features
    extents = GraphExtents(
      vertices: vertices, edges: targets.count, loopedEdges: loopedTargets.count,
      storedFeatures: features?.entries, graphs: graphCount)
  }
}

extension GraphStructure {
  /// What the inputs hold for a topology, but for the edges' features.
  ///
  /// - Precondition: the topology has the structure's extents.
  public func contents(_ topology: GraphTopology) -> [(value: Value, tensor: Tensor)] {
    let patterns = [
      (edges, topology.edges), (loopedEdges, topology.loopedEdges),
      (membership, topology.membership),
    ]
    return patterns.flatMap { pattern, index in
      zip(pattern.values, index.arrays).map { (value: $0, tensor: $1) }
    } + [(loopOrigins, topology.loopOrigins)]
  }
}
