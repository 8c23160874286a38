import JSON

/// Of the examples of a class, the share that is answered rightly.
///
/// Of the second of two classes, or an average over classes; classes that are neither answered nor right anywhere are left out of
/// means, and 0 / 0 is 0.
public struct Recall: AveragedMetric {
  let average: Average

  static let averages = Average.allCases
  private static let field = Average.field(averages, metric: "recall")

  public static let documentation = CatalogEntry(
    type: "recall",
    summary: "Of the examples of a class, the share that is answered rightly.",
    formula: "right[k] / examples[k]", fields: [field],
    source: "As sklearn.metrics.recall_score with zero_division=0.")

  public init(from reader: inout ObjectReader) { average = Average(Self.field, from: &reader) }

  public var tallies: [TallyKind] { [.classes] }

  public func value(of tallies: TallySet) -> Double? {
    tallies.classes?.figure(average) { right, answers, support in
      ClassTally.ratio(right, support)
    }
  }
}
