import JSON

/// Precision and recall of a class at each threshold: `GET /v1/runs/{id}/curves?curve=pr`.
///
/// It has no series; `roc_auc` and `pr_auc` lead to it too.
public struct PrecisionRecallCurveMetric: RankingCurveMetric {
  public static let documentation = CatalogEntry(
    type: "pr_curve",
    summary: "Precision and recall at each threshold; a resource, not a series.",
    formula: "precision = tp / (tp + fp), recall = tp / P",
    source: "As sklearn.metrics.precision_recall_curve.")

  public init(from reader: inout ObjectReader) {}
}
