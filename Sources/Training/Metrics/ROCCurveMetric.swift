import JSON

/// The shares of a class's examples and of the others at each threshold: `GET /v1/runs/{id}/curves?curve=roc`.
///
/// It has no series; `roc_auc` and `pr_auc` lead to it too.
public struct ROCCurveMetric: RankingCurveMetric {
  public static let documentation = CatalogEntry(
    type: "roc_curve",
    summary: "True and false positive rates at each threshold; a resource, not a series.",
    formula: "tpr = tp / P, fpr = fp / N",
    source: "As sklearn.metrics.roc_curve.")

  public init(from reader: inout ObjectReader) {}
}
