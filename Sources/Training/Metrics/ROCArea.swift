import JSON

/// The area under the ROC curve: how often an example of the class has a higher score than one of the others.
///
/// Of the second of two classes, or of each class against the rest, of which those without examples, or without others, are
/// left out. Scores are the probabilities, rounded to `Float` as predictions are, or the outputs where there are none. Exact
/// for up to 1,048,576 scores (examples times classes) of an evaluation; above that, and on the training part, scores are
/// counted in 4,096 fixed bins. For up to 256 classes.
public struct ROCArea: AveragedMetric {
  let average: Average

  static let averages: [Average] = [.binary, .macro, .weighted]
  private static let field = Average.field(averages, metric: "roc_auc")

  public static let documentation = CatalogEntry(
    type: "roc_auc",
    summary:
      "The area under the ROC curve: how often an example of the class has a higher score than another one.",
    formula: "(1 / (P N)) Σ over pairs of [s⁺ > s⁻] + [s⁺ = s⁻] / 2", fields: [field],
    source:
      "As sklearn.metrics.roc_auc_score, multi_class=\"ovr\". Fawcett 2006, doi:10.1016/j.patrec.2005.10.010."
  )

  public init(from reader: inout ObjectReader) { average = Average(Self.field, from: &reader) }

  public var tallies: [TallyKind] { [.scores] }

  public func objection(to task: MetricTask) -> String? {
    average.objection(to: task) ?? ScoreTally.objection(to: task)
  }

  public func value(of tallies: TallySet) -> Double? {
    tallies.scores?.figure(average) { $0.rocArea }
  }
}
