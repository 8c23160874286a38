import Autodiff
import JSON

/// What becomes of the rows that belong together.
enum Aggregation: String, CaseIterable, Sendable {
  case mean, sum, max

  static func field(default value: String, _ summary: String) -> Field {
    Field("aggregation", .choice(allCases.map(\.rawValue)), default: .string(value), summary)
  }

  /// One row for each row of the pattern, of the rows of `x` that its entries' columns name; 0 where there's none.
  ///
  /// - Shapes: pattern of `[M, N]`, x `[N, F]`, output `[M, F]`.
  func apply(
    to x: Value, _ pattern: SparsePattern, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let rows = graph.shape(of: pattern.rowOffsets)[0] - 1
    switch self {
    case .sum: return try graph.neighborSum(pattern, x)
    case .mean:
      let sums = try graph.neighborSum(pattern, x)
      let ones = try graph.broadcast(graph.scalar(1), to: [graph.shape(of: x)[0], 1])
      let counts = try graph.neighborSum(pattern, ones)
      return try graph.divide(sums, graph.maximum(counts, graph.scalar(1)))
    case .max:
      let entries = try graph.gather(x, indices: pattern.columns)
      return try graph.segmentMax(entries, segments: pattern.rows, count: rows)
    }
  }
}
