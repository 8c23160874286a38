import Autodiff
import JSON
import Tensors

/// A leaky rectifier whose slope is learned, one for all channels or one for each.
///
/// `x if x > 0, else weight x`. He et al. 2015, arXiv:1502.01852. As torch.nn.PReLU.
///
/// - Parameters: `weight [1]`, or `[C]` per channel.
public struct LearnedRectifier: Hashable, Sendable {
  let weight: LearnedNumber

  private static let initial = Field(
    "initial", .number(-1000...1000), default: 0.25, "The slope to begin with.")

  static let documentation = CatalogEntry(
    type: "prelu", summary: "A leaky rectifier whose slope is learned.",
    formula: "x if x > 0, else weight x", fields: [LearnedNumber.perChannel, initial],
    weights: ["weight [1], or [C] per channel"],
    source: "He et al. 2015, arXiv:1502.01852. As torch.nn.PReLU.")

  init(from reader: inout ObjectReader) {
    let isPerChannel = reader.bool(LearnedNumber.perChannel)
    let initial = reader.double(LearnedRectifier.initial)
    weight = LearnedNumber(name: "weight", initial: initial, isPerChannel: isPerChannel)
  }

  var json: JSON {
    [
      "type": "prelu", "per_channel": .bool(weight.isPerChannel),
      "initial": .number(weight.initial),
    ]
  }

  /// - Shapes: weight broadcast to x.
  func apply(to x: Value, weight: Value, in graph: inout Graph) throws(GraphError) -> Value {
    try graph.chain("prelu", [x, weight]) { (graph, values) throws(GraphError) in
      let (x, weight) = (values[0], values[1])
      return try graph.select(
        graph.greater(x, graph.scalar(0)), x, graph.multiply(weight, x))
    }
  }
}
