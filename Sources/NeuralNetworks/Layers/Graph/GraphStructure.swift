import Autodiff
import Tensors

/// The graph whose vertices are a model's batch, as values of a computation.
///
/// An edge goes from its source, a column of the pattern, to its target, a row: what a vertex is told is the
/// sum over its row.
public struct GraphStructure: Sendable {
  public let extents: GraphExtents
  /// `[V, V]`.
  public let edges: SparsePattern
  /// The same with an edge from every vertex to itself.
  public let loopedEdges: SparsePattern
  /// For each of the looped edges which edge it is, or, counted from `E` on, the vertex whose loop it is.
  public let loopOrigins: Value
  /// `[E, F]`; `nil` when edges have none.
  public let edgeFeatures: Value?
  /// `[G, V]`: which vertices each graph has.
  public let membership: SparsePattern

  /// Adds the structure's inputs to a graph; those that nothing reads cost nothing.
  public init(_ extents: GraphExtents, edgeFeatures width: Int, in graph: inout Graph) {
    let scope = graph.scope
    graph.scope = ""
    defer { graph.scope = scope }
    self.extents = extents
    let vertices = extents.vertices
    edges = graph.sparsePattern(
      "edges", rows: vertices, columns: vertices, entries: extents.edges)
    loopedEdges = graph.sparsePattern(
      "looped edges", rows: vertices, columns: vertices, entries: extents.loopedEdges)
    loopOrigins = graph.input("loop origins", TensorType([extents.loopedEdges], .int32))
    edgeFeatures =
      width == 0
      ? nil : graph.input("edge features", TensorType([extents.edges, width], graph.element))
    membership = graph.sparsePattern(
      "membership", rows: extents.graphs, columns: vertices, entries: vertices)
  }

  /// The pattern of edges, with loops or without.
  func pattern(loops: Bool) -> SparsePattern { loops ? loopedEdges : edges }

  /// What the looped edges have, of what the edges have and what each vertex's loop is given.
  ///
  /// - Shapes: values `[E, F]`, loops `[V, F]`, result `[loopedEdges, F]`.
  func looped(
    _ values: Value, loops: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let all = try graph.concatenate([values, loops], axis: 0)
    return try graph.gather(all, indices: loopOrigins)
  }

  /// How many edges reach each vertex, or the sum of their values: `[V, 1]`.
  func degrees(
    _ pattern: SparsePattern, values: Value? = nil, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let ones = try graph.broadcast(graph.scalar(1), to: [extents.vertices, 1])
    return try graph.neighborSum(pattern, values: values, ones)
  }

  /// The mean over the edges that reach each vertex of what they have, 0 where none does.
  ///
  /// - Shapes: values `[E, F]`, result `[V, F]`.
  func mean(_ values: Value, in graph: inout Graph) throws(GraphError) -> Value {
    try graph.segmentMean(values, segments: edges.rows, count: extents.vertices)
  }
}
