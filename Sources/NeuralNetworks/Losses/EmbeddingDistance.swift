import Autodiff
import JSON
import Tensors

/// How far two embeddings are from each other.
enum EmbeddingDistance: String, Sendable, CaseIterable {
  case euclidean
  case squared = "squared_euclidean"
  case cosine

  static let field = Field(
    "distance", .choice(allCases.map(\.rawValue)), default: "euclidean",
    "How far two embeddings are: |a - b|, its square, or 1 - cos(a, b).")

  /// - Shapes: embeddings `[N, D]`, result `[N, N]`.
  func pairs(_ embeddings: Value, in graph: inout Graph) throws(GraphError) -> Value {
    switch self {
    case .squared: return try graph.pairDistances(embeddings)
    case .cosine:
      // |a - b|² / 2 = 1 - cos of what has length 1.
      let unit = try graph.unitLength(embeddings)
      return try graph.scale(graph.pairDistances(unit), by: 0.5)
    case .euclidean:
      // The root has no slope at 0, where each example is from itself.
      let squares = try graph.pairDistances(embeddings)
      let one = graph.scalar(1)
      let isApart = try graph.greater(squares, graph.scalar(0))
      let root = try graph.sqrt(graph.select(isApart, squares, one))
      return try graph.multiply(isApart, root)
    }
  }
}

extension Graph {
  /// Rows divided by their length, as torch.nn.functional.normalize: one shorter than 10⁻¹² by that.
  mutating func unitLength(_ x: Value) throws(GraphError) -> Value {
    let length = try norm(x, axes: [-1], keepsAxes: true)
    return try divide(x, maximum(length, scalar(1e-12)))
  }
}
