import Autodiff
import JSON
import Tensors

/// How far the model's distribution is from the target's: the divergence of Kullback and Leibler.
///
/// `(1/N) Σ t (log t - log p)` over all elements, `N` being the examples of the batch and `log p` the
/// log-softmax of the output's last axis, or the output itself. `0 log 0` is 0.
///
/// - Shapes: output `[N, …, K]`, target the same: probabilities, or their logarithms.
public struct KullbackLeibler: Loss {
  public enum Prediction: String, Sendable, CaseIterable {
    case logits
    case logProbabilities = "log_probabilities"
  }

  public let prediction: Prediction
  /// Whether the target has logarithms of probabilities.
  public let logTarget: Bool

  private static let predictionField = Field(
    "prediction", .choice(Prediction.allCases.map(\.rawValue)), default: "logits",
    "What the output has: logits, of which the loss takes log_softmax, or log_probabilities.")
  private static let logTargetField = Field(
    "log_target", .boolean, default: false, "Whether the target has logarithms of probabilities.")

  public static let documentation = CatalogEntry(
    type: "kl_divergence", aliases: ["kl_div"],
    summary: "For distributions: the divergence of Kullback and Leibler, from logits.",
    formula:
      "(1/N) Σ t (log t - log p), over all elements of N examples; log p = log softmax(x), or x",
    shapes: "output […, K], target […, K] of probabilities; or one of K classes",
    fields: [predictionField, logTargetField],
    source: "Kullback and Leibler 1951, doi:10.1214/aoms/1177729694. "
      + "As torch.nn.KLDivLoss with reduction batchmean.")

  public init(from reader: inout ObjectReader) {
    prediction = Prediction(rawValue: reader.choice(KullbackLeibler.predictionField)) ?? .logits
    logTarget = reader.bool(KullbackLeibler.logTargetField)
  }

  public var configuration: [(String, JSON)] {
    [("prediction", .string(prediction.rawValue)), ("log_target", .bool(logTarget))]
  }

  public func encoding(output: Shape, target: LossTarget) throws(ShapeFault) -> TargetEncoding {
    let encoding = try NumberTargets.encoding(output: output, target: target)
    guard let width = output.dimensions.last, width > 1 else {
      throw ShapeFault(
        "the model's output is \(output), a distribution over one class; for yes or no take "
          + "binary_cross_entropy",
        rule: "output […, K] with K at least 2")
    }
    return encoding
  }

  public func optionFaults(output: Shape, target: LossTarget) -> [ShapeFault] {
    guard logTarget, case .classes = target else { return [] }
    return [
      ShapeFault(
        field: "log_target", "the dataset's target is a class, not logarithms of probabilities",
        rule: "false for classes")
    ]
  }

  public func build(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let logarithms = prediction == .logits ? try graph.logSoftmax(output) : output
    let (probabilities, targetLogarithms): (Value, Value)
    if logTarget {
      (probabilities, targetLogarithms) = (try graph.exp(target), target)
    } else {
      // The logarithm of the least number stands for that of 0, which 0 takes away.
      let least = graph.scalar(Double(Float.leastNormalMagnitude))
      (probabilities, targetLogarithms) = (target, try graph.log(graph.maximum(target, least)))
    }
    let terms = try graph.multiply(probabilities, graph.subtract(targetLogarithms, logarithms))
    let examples = graph.shape(of: output)[0]
    return try graph.scale(graph.sum(terms), by: 1 / Double(examples))
  }

  public var pointPrediction: PointPrediction {
    logTarget ? .nothing : prediction == .logits ? .output : .exponential
  }

  public var probabilities: ProbabilityRule? { prediction == .logits ? .softmax : nil }

  public func objection(toFinal activation: Activation) -> String? {
    switch (prediction, activation.kind) {
    case (.logits, .softmax):
      "kl_divergence takes logits and applies log_softmax itself: leave out the model's last softmax"
    case (.logProbabilities, .softmax):
      "kl_divergence takes log_probabilities: end the model in log_softmax, not in softmax"
    case (.logProbabilities, _) where activation.form != .composition(.logSoftmax):
      "kl_divergence takes log_probabilities: end the model in log_softmax, or say "
        + "\"prediction\": \"logits\""
    default: nil
    }
  }
}
