import JSON

/// How often examples of each class are answered with each class: `GET /v1/runs/{id}/confusion`.
///
/// It has no series. Any other metric of classes leads to it too. For up to 100 classes.
public struct ConfusionMetric: Metric {
  public static let documentation = CatalogEntry(
    type: "confusion_matrix",
    summary:
      "How often examples of each class are answered with each class; a resource, not a series.",
    formula: "C[i, j] = #{n: class_n = i, answer_n = j}",
    source: "As sklearn.metrics.confusion_matrix.")

  public init(from reader: inout ObjectReader) {}

  public var direction: EarlyStopping.Mode? { nil }
  public var tallies: [TallyKind] { [.classes] }

  public func objection(to task: MetricTask) -> String? { ConfusionMatrix.objection(to: task) }

  public func value(of tallies: TallySet) -> Double? { nil }
}
