import Autodiff
import JSON
import Tensors

/// For numbers: the loss whose smallest mean is at a quantile, or at several at once.
///
/// `q (t - x) if t > x, else (1 - q) (x - t)`, the mean over all elements. For a list of `Q` quantiles each
/// number of the target has `Q` of the output next to each other, in the list's order.
///
/// - Shapes: output `[N, …, D Q]`, target `[N, …, D]`.
public struct Quantile: Loss {
  public let quantiles: [Double]

  private static let range = 0.001...0.999
  private static let most = 100
  private static let quantileField = Field(
    "quantile", .described("a number from 0.001 to 0.999, or a list of 1 to 100 of them"),
    default: 0.5,
    "Which; a half is the median. Several are learned at once, side by side for each number.")

  public static let documentation = CatalogEntry(
    type: "quantile", aliases: ["pinball"],
    summary: "For numbers: the loss whose smallest mean is at a quantile.",
    formula: "q (t - x) if t > x, else (1 - q) (x - t), the mean over all elements",
    shapes: "output […, D Q] for a list of Q quantiles, target […, D]",
    fields: [quantileField],
    source: "Koenker and Bassett 1978, doi:10.2307/1913643.")

  public init(from reader: inout ObjectReader) {
    quantiles =
      NumberList.readOneOrMore(&reader, "quantile", in: Quantile.range, count: 1...Quantile.most)
      ?? [0.5]
  }

  public var configuration: [(String, JSON)] { [("quantile", NumberList.json(quantiles))] }

  public func encoding(output: Shape, target: LossTarget) throws(ShapeFault) -> TargetEncoding {
    guard quantiles.count > 1 else {
      return try NumberTargets.encoding(output: output, target: target)
    }
    guard case .vector(let shape) = target else {
      throw ShapeFault(
        "the dataset's target is a class, of which there are no quantiles",
        rule: "the target is numbers")
    }
    try NumberTargets.check(
      output: output, is: quantiles.count, timesTheLastAxisOf: shape,
      because: "\(quantiles.count) quantiles")
    return .numbers(shape)
  }

  /// The only one, or the median, where it is one of them.
  public var pointPrediction: PointPrediction {
    if quantiles.count == 1 { return .output }
    return quantiles.firstIndex(of: 0.5).map { .one($0, of: quantiles.count) } ?? .nothing
  }

  public func fittingTarget(output: Shape) -> LossTarget {
    .vector(NumberTargets.shape(of: output, holding: quantiles.count))
  }

  public func build(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let count = quantiles.count
    var (x, t) = (output, target)
    if count > 1 {
      let shape = graph.shape(of: target)
      x = try graph.reshape(output, to: Shape(shape.dimensions + [count]))
      t = try graph.reshape(target, to: Shape(shape.dimensions + [1]))
    }
    let difference = try graph.subtract(t, x)
    let shape: Shape = count > 1 ? [count] : []
    let above = graph.constant(quantiles, shape: shape)
    let below = graph.constant(quantiles.map { $0 - 1 }, shape: shape)
    return try graph.mean(
      graph.maximum(graph.multiply(difference, above), graph.multiply(difference, below)))
  }
}
