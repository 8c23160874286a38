import Autodiff
import JSON
import Tensors

/// For numbers, with outliers: the mean of differences without their sign.
///
/// `|x - t|`, the mean over all elements.
public struct MeanAbsoluteError: ElementwiseLoss {
  public static let documentation = CatalogEntry(
    type: "mean_absolute_error", aliases: ["mae", "l1"],
    summary: "For numbers, with outliers: the mean of differences without their sign.",
    formula: "|x - t|, the mean over all elements", shapes: shapes,
    source: "As torch.nn.L1Loss.")

  public init(from reader: inout ObjectReader) {}

  func element(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try graph.absolute(graph.subtract(output, target))
  }
}
