import JSON

/// The area under the precision-recall curve, as average precision: without interpolation between its points.
///
/// Of the second of two classes, or of each class against the rest, of which those without examples are left out. Scores and
/// limits are those of `roc_auc`.
public struct PrecisionRecallArea: AveragedMetric {
  let average: Average

  static let averages: [Average] = [.binary, .macro, .weighted]
  private static let field = Average.field(averages, metric: "pr_auc")

  public static let documentation = CatalogEntry(
    type: "pr_auc", aliases: ["average_precision"],
    summary: "The area under the precision-recall curve, as average precision.",
    formula: "Σ_i (recall[i] - recall[i-1]) precision[i], from the highest threshold down",
    fields: [field],
    source: "As sklearn.metrics.average_precision_score.")

  public init(from reader: inout ObjectReader) { average = Average(Self.field, from: &reader) }

  public var tallies: [TallyKind] { [.scores] }

  public func objection(to task: MetricTask) -> String? {
    average.objection(to: task) ?? ScoreTally.objection(to: task)
  }

  public func value(of tallies: TallySet) -> Double? {
    tallies.scores?.figure(average) { $0.averagePrecision }
  }
}
