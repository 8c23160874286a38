import Autodiff
import JSON
import Tensors

/// One step of a recurrent layer: what becomes of its state.
public protocol RecurrentCell: Sendable {
  static var documentation: CatalogEntry { get }
  /// Rows of the weights for each unit.
  static var gates: Int { get }
  /// Tensors of `[N, H]` that go from step to step; the first is the output.
  static var states: Int { get }

  /// - Parameters:
  ///   - input: `[N, gates · H]`, the input's projection with its bias.
  ///   - recurrent: `[N, gates · H]`, the projection of the output of the step before, with its bias.
  ///   - state: that of the step before.
  static func step(
    input: Value, recurrent: Value, state: [Value], in graph: inout Graph
  ) throws(GraphError) -> [Value]
}

extension RecurrentCell {
  public static var states: Int { 1 }

  /// The gates of a projection, each `[N, H]`.
  static func apart(_ projection: Value, in graph: inout Graph) throws(GraphError) -> [Value] {
    let units = graph.shape(of: projection)[1] / gates
    return try graph.split(
      projection, lengths: [Int](repeating: units, count: gates), axis: 1)
  }
}
