import Autodiff
import JSON
import Tensors

/// For embeddings: an example is nearer to those of its class than to others, by a margin.
///
/// `max(0, margin + d(a, p) - d(a, n))` over the triplets of a batch: an anchor `a`, a positive `p` of its class
/// and a negative `n` of another. Either each anchor's hardest, or the mean over all that cost something. 0 where
/// a batch has no triplets.
///
/// - Shapes: output `[N, D]`, target `[N]` of classes.
public struct Triplet: EmbeddingLoss {
  public enum Mining: String, Sendable, CaseIterable {
    case hard = "batch_hard"
    case all = "batch_all"
  }

  public let mining: Mining
  public let margin: Double
  public let isSoft: Bool
  let distance: EmbeddingDistance

  private static let miningField = Field(
    "mining", .choice(Mining.allCases.map(\.rawValue)), default: "batch_hard",
    "Which triplets: each anchor's farthest positive and nearest negative, or all that cost something."
  )
  private static let marginField = Field(
    "margin", .number(0...1e6), default: 1.0, "How much nearer the positive must be.")
  private static let softField = Field(
    "soft", .boolean, default: false,
    "Whether log(1 + exp(…)) takes the place of max(0, …), which then has no end; of all triplets, "
      + "each counts.")

  public static let documentation = CatalogEntry(
    type: "triplet", aliases: ["triplet_margin"],
    summary:
      "For embeddings: an example is nearer to those of its class than to others, by a margin.",
    formula: "max(0, margin + d(a, p) - d(a, n)), the mean over a batch's triplets",
    shapes: "output [D], target one of any number of classes; batches with several of each",
    fields: [miningField, marginField, softField, EmbeddingDistance.field],
    source: "Hermans et al. 2017, arXiv:1703.07737.")

  public init(from reader: inout ObjectReader) {
    mining = Mining(rawValue: reader.choice(Triplet.miningField)) ?? .hard
    margin = reader.double(Triplet.marginField)
    isSoft = reader.bool(Triplet.softField)
    distance = EmbeddingDistance(rawValue: reader.choice(EmbeddingDistance.field)) ?? .euclidean
  }

  public var configuration: [(String, JSON)] {
    [
      ("mining", .string(mining.rawValue)), ("margin", .number(margin)), ("soft", .bool(isSoft)),
      ("distance", .string(distance.rawValue)),
    ]
  }

  public func build(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let same = try EmbeddingPairs.sameClass(target, in: &graph)
    return try graph.triplets(
      distance.pairs(output, in: &graph), sameClass: same, margin: margin, isHard: mining == .hard,
      isSoft: isSoft)
  }
}
