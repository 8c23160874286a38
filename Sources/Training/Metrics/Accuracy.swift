import JSON

/// The share of answers that are right.
///
/// An answer is the first of the largest outputs, or of a single output whether it lies above the loss's threshold. NaN is
/// never right; places that the loss ignores are no answers.
public struct Accuracy: Metric {
  public static let documentation = CatalogEntry(
    type: "accuracy", summary: "The share of examples whose most likely class is the right one.",
    formula: "mean(argmax(outputs) = class)", source: "As sklearn.metrics.accuracy_score.")

  public init(from reader: inout ObjectReader) {}
  public init() {}

  public var direction: EarlyStopping.Mode? { .maximum }
  public var tallies: [TallyKind] { [.classes] }

  public func objection(to task: MetricTask) -> String? { task.objectionForWantOfClasses }

  /// Counted beside the loss, as `TermResult.accuracy`.
  public func value(of tallies: TallySet) -> Double? { nil }
}
