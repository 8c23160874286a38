import Autodiff
import JSON
import Tensors

/// For numbers: squared near 0, absolute far off, and smooth.
///
/// `log cosh(x - t)`, the mean over all elements.
public struct LogCosh: ElementwiseLoss {
  public static let documentation = CatalogEntry(
    type: "log_cosh",
    summary: "For numbers: squared near 0, absolute far off, and smooth.",
    formula: "log cosh(x - t), the mean over all elements", shapes: shapes,
    source: "Chen et al. 2019, Log hyperbolic cosine loss improves variational auto-encoder.")

  public init(from reader: inout ObjectReader) {}

  func element(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    // log cosh d = d + softplus(-2 d) - log 2, which doesn't overflow.
    let difference = try graph.subtract(output, target)
    let rest = try graph.softplus(graph.scale(difference, by: -2))
    return try graph.offset(graph.add(difference, rest), by: -0.693147180559945309)
  }
}
