import Autodiff
import JSON
import Tensors

/// For counts: the likelihood of Poisson, the output being the logarithm of the mean.
///
/// `exp(x) - t x`, the mean over all elements.
public struct Poisson: ElementwiseLoss {
  public static let documentation = CatalogEntry(
    type: "poisson", aliases: ["poisson_nll"],
    summary: "For counts: the likelihood of Poisson, the output being the logarithm of the mean.",
    formula: "exp(x) - t x, the mean over all elements", shapes: shapes,
    source: "As torch.nn.PoissonNLLLoss.")

  public init(from reader: inout ObjectReader) {}

  func element(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try graph.subtract(graph.exp(output), graph.multiply(target, output))
  }
}
