import Autodiff
import JSON
import Tensors

/// For embeddings: pairs of one class are drawn together, others pushed apart up to a margin.
///
/// `d² / 2` for two examples of one class, `max(0, margin - d)² / 2` for two of different ones; the mean over all
/// pairs of a batch. 0 for an example alone.
///
/// - Shapes: output `[N, D]`, target `[N]` of classes.
public struct Contrastive: EmbeddingLoss {
  public let margin: Double
  let distance: EmbeddingDistance

  private static let marginField = Field(
    "margin", .number(0...1e6), default: 1.0, "From where on two of different classes are apart.")

  public static let documentation = CatalogEntry(
    type: "contrastive",
    summary:
      "For embeddings: pairs of one class are drawn together, others pushed apart up to a margin.",
    formula:
      "d(a, b)² / 2 for one class, max(0, margin - d(a, b))² / 2 for two, the mean over a batch's pairs",
    shapes: "output [D], target one of any number of classes; batches with several of each",
    fields: [marginField, EmbeddingDistance.field],
    source: "Hadsell et al. 2006, doi:10.1109/CVPR.2006.100.")

  public init(from reader: inout ObjectReader) {
    margin = reader.double(Contrastive.marginField)
    distance = EmbeddingDistance(rawValue: reader.choice(EmbeddingDistance.field)) ?? .euclidean
  }

  public var configuration: [(String, JSON)] {
    [("margin", .number(margin)), ("distance", .string(distance.rawValue))]
  }

  public func build(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let examples = graph.shape(of: output)[0]
    let same = try EmbeddingPairs.sameClass(target, in: &graph)
    let distances = try distance.pairs(output, in: &graph)
    let missing = try graph.activation(.relu, graph.offset(graph.negate(distances), by: margin))
    let costs = try graph.select(same, graph.square(distances), graph.square(missing))
    // Each pair stands there twice, and each example once with itself, at no distance.
    let pairs = max(1, examples * (examples - 1))
    return try graph.scale(graph.sum(costs), by: 0.5 / Double(pairs))
  }
}
