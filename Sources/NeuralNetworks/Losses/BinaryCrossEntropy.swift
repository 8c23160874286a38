import Autodiff
import JSON
import Tensors

/// Cross entropy of independent yes-or-no answers, from logits.
///
/// `(1/M) Σ (1 - t) x + (1 + (w - 1) t) log(1 + exp(-x))` over all `M` elements of the batch, `w` being the
/// weight of yes. With label smoothing ε the target is `(1 - ε) t + ε/2` in place of t. Szegedy et al. 2016, arXiv:1512.00567.
///
/// - Shapes: output `[N, …]`, target the same.
public struct BinaryCrossEntropy: Loss {
  /// One number, or one for each element along the output's last axis; empty when yes weighs as much as no.
  public let positiveWeight: [Double]
  /// How far a target is moved to one half, from 0 to below 1.
  public let labelSmoothing: Double

  private static let smoothingField = Field(
    "label_smoothing", .number(0...1), default: 0.0,
    "How far a target is drawn to one half: t becomes (1 - ε) t + ε/2; below 1.")
  private static let weightField = Field(
    "pos_weight",
    .described("a number from 0, or a list of one for each of the output's last axis"),
    default: 1.0, "How much a yes weighs, against a no of 1.")

  public static let documentation = CatalogEntry(
    type: "binary_cross_entropy", aliases: ["bce"],
    summary: "For yes or no: sigmoid and negative log-likelihood, from logits.",
    formula:
      "(1/M) Σ (1 - t) x + (1 + (pos_weight - 1) t) log(1 + exp(-x)), over all M elements; t drawn to 1/2 by ε",
    shapes: "output […], target […] of numbers from 0 to 1; or output [1] and one of 2 classes",
    fields: [weightField, smoothingField],
    source: "As torch.nn.BCEWithLogitsLoss.")

  public init(from reader: inout ObjectReader) {
    positiveWeight =
      NumberList.readOneOrMore(
        &reader, "pos_weight", in: ClassWeights.range, count: 1...ClassWeights.most) ?? []
    labelSmoothing = reader.double(BinaryCrossEntropy.smoothingField)
    if labelSmoothing == 1 {
      reader.fault(
        "label_smoothing", "1 leaves nothing of the target; it must be at least 0 and below 1")
    }
  }

  public init() { (positiveWeight, labelSmoothing) = ([], 0) }

  public var configuration: [(String, JSON)] {
    (positiveWeight.isEmpty ? [] : [("pos_weight", NumberList.json(positiveWeight))])
      + (labelSmoothing == 0 ? [] : [("label_smoothing", .number(labelSmoothing))])
  }

  public func encoding(output: Shape, target: LossTarget) throws(ShapeFault) -> TargetEncoding {
    try NumberTargets.encoding(output: output, target: target)
  }

  public func optionFaults(output: Shape, target: LossTarget) -> [ShapeFault] {
    guard positiveWeight.count > 1, positiveWeight.count != output.dimensions.last else {
      return []
    }
    return [
      ShapeFault(
        field: "pos_weight",
        "there are \(positiveWeight.count) weights, the model's output is \(output)",
        rule: "one weight, or output […, K] and K weights")
    ]
  }

  public func build(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let target =
      labelSmoothing == 0
      ? target
      : try graph.offset(graph.scale(target, by: 1 - labelSmoothing), by: labelSmoothing / 2)
    guard !positiveWeight.isEmpty else {
      return try graph.binaryCrossEntropyWithLogits(output, targets: target)
    }
    let surplus = graph.constant(
      positiveWeight.map { $0 - 1 },
      shape: positiveWeight.count == 1 ? [] : [positiveWeight.count])
    let weight = try graph.offset(graph.multiply(surplus, target), by: 1)
    let no = try graph.multiply(graph.offset(graph.negate(target), by: 1), output)
    let both = try graph.multiply(weight, graph.softplus(graph.negate(output)))
    return try graph.mean(graph.add(no, both))
  }

  /// `√(p (1 - p) / w) n` of the `w` elements of an example.
  public func fisherDraws(
    output: Value, noise: Value, in graph: inout Graph
  ) throws(GraphError) -> Value? {
    guard positiveWeight.isEmpty else { return nil }
    let shape = graph.shape(of: output)
    let yes = try graph.activation(.sigmoid, output)
    let spread = try graph.sqrt(
      graph.multiply(yes, graph.offset(graph.negate(yes), by: 1)))
    return try graph.scale(
      graph.multiply(spread, noise), by: (Double(shape[0]) / Double(shape.count)).squareRoot())
  }

  public var probabilities: ProbabilityRule? { .sigmoid }

  public func objection(toFinal activation: Activation) -> String? {
    switch activation.kind {
    case .sigmoid, .softmax:
      "binary_cross_entropy takes logits and applies sigmoid itself: "
        + "leave out the model's last activation"
    default: nil
    }
  }
}
