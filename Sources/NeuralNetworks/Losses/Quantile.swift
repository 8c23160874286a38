import Autodiff
import JSON
import Tensors

/// For numbers: the loss whose smallest mean is at a quantile.
///
/// `q (t - x) if t > x, else (1 - q) (x - t)`, the mean over all elements.
public struct Quantile: ElementwiseLoss {
  public let quantile: Double

  private static let quantileField = Field(
    "quantile", .number(0.001...0.999), default: 0.5, "Which; a half is the median.")

  public static let documentation = CatalogEntry(
    type: "quantile", aliases: ["pinball"],
    summary: "For numbers: the loss whose smallest mean is at a quantile.",
    formula: "q (t - x) if t > x, else (1 - q) (x - t), the mean over all elements", shapes: shapes,
    fields: [quantileField],
    source: "Koenker and Bassett 1978, doi:10.2307/1913643.")

  public init(from reader: inout ObjectReader) {
    quantile = reader.double(Quantile.quantileField)
  }

  public var configuration: [(String, JSON)] { [("quantile", .number(quantile))] }

  func element(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let difference = try graph.subtract(target, output)
    return try graph.maximum(
      graph.scale(difference, by: quantile), graph.scale(difference, by: quantile - 1))
  }
}
