import Autodiff
import JSON
import Tensors

/// For embeddings: an example picks those of its class out of the batch.
///
/// `-(1/|P(a)|) Σ_p log(exp(z_a·z_p / τ) / Σ_b exp(z_a·z_b / τ))` with `z` of length 1, `p` the others of the
/// anchor's class and `b` all others of the batch; the mean over the anchors that have a positive, 0 when there
/// are none.
///
/// - Shapes: output `[N, D]`, target `[N]` of classes.
public struct SupervisedContrastive: EmbeddingLoss {
  public let temperature: Double

  private static let temperatureField = Field(
    "temperature", .number(1e-3...1e3), default: 0.1, "What cosines are divided by.")

  public static let documentation = CatalogEntry(
    type: "supervised_contrastive", aliases: ["info_nce", "supcon"],
    summary: "For embeddings: an example picks those of its class out of the batch.",
    formula:
      "-(1/|P(a)|) Σ_p log(exp(z_a·z_p / τ) / Σ_b≠a exp(z_a·z_b / τ)), z = x / |x|, the mean over "
      + "the anchors a with positives p",
    shapes: "output [D], target one of any number of classes; batches with several of each",
    fields: [temperatureField],
    source:
      "Khosla et al. 2020, arXiv:2004.11362; with one positive each, InfoNCE of van den Oord et "
      + "al. 2018, arXiv:1807.03748.")

  public init(from reader: inout ObjectReader) {
    temperature = reader.double(SupervisedContrastive.temperatureField)
  }

  public var configuration: [(String, JSON)] { [("temperature", .number(temperature))] }

  public func build(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let examples = graph.shape(of: output)[0]
    let same = try EmbeddingPairs.sameClass(target, in: &graph)
    let others = try EmbeddingPairs.others(examples, in: &graph)
    let unit = try graph.unitLength(output)
    let cosines = try graph.scale(
      graph.matmul(unit, unit, transposeRight: true), by: 1 / temperature)
    // An example isn't among those it picks from.
    let candidates = try graph.select(others, cosines, graph.scalar(-1e30))
    let logarithms = try graph.logSoftmax(candidates)
    let positives = try graph.multiply(same, others)
    let counts = try graph.sum(positives, axes: [1])
    let one = graph.scalar(1)
    // The diagonal has no positive, and its logarithm is too large to be multiplied by 0.
    let taken = try graph.sum(
      graph.select(positives, logarithms, graph.scalar(0)), axes: [1])
    let means = try graph.divide(taken, graph.maximum(counts, one))
    let anchors = try graph.sum(graph.minimum(counts, one))
    return try graph.negate(graph.divide(graph.sum(means), graph.maximum(anchors, one)))
  }
}
