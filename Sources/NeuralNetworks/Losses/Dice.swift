import Autodiff
import JSON
import Tensors

/// For masks: how little the predicted one and the true one overlap.
///
/// `1 - (2 Σ p t + s) / (Σ p² + Σ t² + s)`, the sums over all places of an example, or of each class of it;
/// the mean over examples and classes. `p` is sigmoid or softmax of the output, or the output itself.
///
/// - Shapes: output `[N, …]`, target the same.
public struct Dice: Loss {
  public enum Prediction: String, Sendable, CaseIterable {
    case sigmoid, softmax
    case probabilities
  }

  public let prediction: Prediction
  public let smooth: Double
  /// Whether the sums below are of squares.
  public let squared: Bool
  /// The axis of classes that each have a coefficient of their own.
  public let classAxis: Int?

  private static let predictionField = Field(
    "prediction", .choice(Prediction.allCases.map(\.rawValue)), default: "sigmoid",
    "What the loss makes of the output: sigmoid, softmax over class_axis (the last without one), or "
      + "nothing when the output has probabilities.")
  private static let smoothField = Field(
    "smooth", .number(0...1e6), default: 1.0,
    "Added above and below, so that an empty mask that is found empty costs nothing.")
  private static let squaredField = Field(
    "squared", .boolean, default: true,
    "Whether the sums below are of squares, as in the paper, or of the numbers.")
  private static let axisField = Field(
    "class_axis", .integer(-LayerLimits.rank...LayerLimits.rank - 1),
    "The axis of an example along which each class has a coefficient of its own, negative from the "
      + "last; without it an example has one.")

  public static let documentation = CatalogEntry(
    type: "dice", summary: "For masks: how little the predicted one and the true one overlap.",
    formula: "1 - (2 Σ p t + smooth) / (Σ p² + Σ t² + smooth), the mean over examples, or over "
      + "their classes",
    shapes: "output […], target […] of numbers from 0 to 1; or output […, K] and one of K classes",
    fields: [predictionField, smoothField, squaredField, axisField],
    source: "Milletari et al. 2016, arXiv:1606.04797.")

  public init(from reader: inout ObjectReader) {
    prediction = Prediction(rawValue: reader.choice(Dice.predictionField)) ?? .sigmoid
    smooth = reader.double(Dice.smoothField)
    squared = reader.bool(Dice.squaredField)
    classAxis = reader.has("class_axis") ? reader.integer(Dice.axisField) : nil
  }

  public var configuration: [(String, JSON)] {
    [
      ("prediction", .string(prediction.rawValue)), ("smooth", .number(smooth)),
      ("squared", .bool(squared)),
    ] + (classAxis.map { [("class_axis", .integer($0))] } ?? [])
  }

  public func encoding(output: Shape, target: LossTarget) throws(ShapeFault) -> TargetEncoding {
    try NumberTargets.encoding(output: output, target: target)
  }

  public func optionFaults(output: Shape, target: LossTarget) -> [ShapeFault] {
    guard let classAxis, !(-output.rank..<output.rank).contains(classAxis) else { return [] }
    return [
      ShapeFault(
        field: "class_axis", "the model's output \(output) has no axis \(classAxis)",
        rule: "from \(-output.rank) to \(output.rank - 1)")
    ]
  }

  public func build(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let rank = graph.shape(of: output).rank
    // Counted from the last, an axis is the same with the batch's in front.
    let axis = classAxis.map { $0 < 0 ? $0 + rank : $0 + 1 }
    let p = try probabilities(output, axis: axis ?? rank - 1, in: &graph)
    let axes = (1..<rank).filter { $0 != axis }
    func sum(_ x: Value) throws(GraphError) -> Value { try graph.sum(x, axes: axes) }
    let overlap = try sum(graph.multiply(p, target))
    let both =
      squared
      ? try graph.add(graph.square(p), graph.square(target)) : try graph.add(p, target)
    let above = try graph.offset(graph.scale(overlap, by: 2), by: smooth)
    // Without smoothing, two empty masks are 0 over the least number, and cost 1.
    let below = try graph.offset(
      sum(both), by: max(smooth, Double(Float.leastNormalMagnitude)))
    let coefficient = try graph.mean(graph.divide(above, below))
    return try graph.offset(graph.negate(coefficient), by: 1)
  }

  private func probabilities(
    _ output: Value, axis: Int, in graph: inout Graph
  ) throws(GraphError) -> Value {
    switch prediction {
    case .sigmoid: return try graph.activation(.sigmoid, output)
    case .probabilities: return output
    case .softmax:
      let rank = graph.shape(of: output).rank
      guard axis != rank - 1 else { return try graph.softmax(output) }
      var order = Array(0..<rank)
      order.swapAt(axis, rank - 1)
      return try graph.transpose(graph.softmax(graph.transpose(output, axes: order)), axes: order)
    }
  }

  public var probabilities: ProbabilityRule? {
    switch prediction {
    case .sigmoid: .sigmoid
    case .softmax: classAxis == nil || classAxis == -1 ? .softmax : nil
    case .probabilities: nil
    }
  }

  public func objection(toFinal activation: Activation) -> String? {
    switch (prediction, activation.kind) {
    case (.sigmoid, .sigmoid), (.sigmoid, .softmax), (.softmax, .sigmoid), (.softmax, .softmax):
      "dice applies \(prediction.rawValue) itself: leave out the model's last activation, or say "
        + "\"prediction\": \"probabilities\""
    default: nil
    }
  }
}
