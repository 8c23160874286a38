import Autodiff
import JSON
import Tensors

/// The mean of squared differences.
///
/// `(1/M) Σ (x - t)²` over all `M` elements of the batch.
///
/// - Shapes: output `[N, …]`, target the same.
public struct MeanSquaredError: Loss {
  public static let documentation = CatalogEntry(
    type: "mean_squared_error", aliases: ["mse"],
    summary: "For numbers: the mean of squared differences.",
    formula: "(1/M) Σ (x - t)², over all M elements",
    shapes: "output […], target […]; or output [K] and one of K classes, as 0 and 1",
    source: "As torch.nn.MSELoss.")

  public init(from reader: inout ObjectReader) {}
  public init() {}

  public func encoding(output: Shape, target: LossTarget) throws(ShapeFault) -> TargetEncoding {
    try NumberTargets.encoding(output: output, target: target)
  }

  public func build(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try graph.meanSquaredError(output, target: target)
  }

  /// `√(2/w) n` of the `w` elements of an example, whose squares are the Hessian.
  public func fisherDraws(
    output: Value, noise: Value, in graph: inout Graph
  ) throws(GraphError) -> Value? {
    let shape = graph.shape(of: output)
    return try graph.scale(
      noise, by: (2 * Double(shape[0]) / Double(shape.count)).squareRoot())
  }
}
