import Autodiff
import JSON
import Tensors

/// For numbers, with outliers: squared up to delta, linear beyond.
///
/// `d² / 2 if |d| <= delta, else delta (|d| - delta / 2), d = x - t`, the mean over all elements.
public struct Huber: ElementwiseLoss {
  public let delta: Double

  private static let deltaField = Field(
    "delta", .number(1e-6...1e6), default: 1.0, "Where the square ends.")

  public static let documentation = CatalogEntry(
    type: "huber",
    summary: "For numbers, with outliers: squared up to delta, linear beyond.",
    formula:
      "d² / 2 if |d| <= delta, else delta (|d| - delta / 2), d = x - t, the mean over all elements",
    shapes: shapes,
    fields: [deltaField],
    source: "Huber 1964, doi:10.1214/aoms/1177703732. As torch.nn.HuberLoss.")

  public init(from reader: inout ObjectReader) { delta = reader.double(Huber.deltaField) }

  public var configuration: [(String, JSON)] { [("delta", .number(delta))] }

  func element(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    // With c = min(|d|, delta) both cases are c (|d| - c / 2).
    let size = try graph.absolute(graph.subtract(output, target))
    let near = try graph.minimum(size, graph.scalar(delta))
    return try graph.multiply(near, graph.subtract(size, graph.scale(near, by: 0.5)))
  }
}
