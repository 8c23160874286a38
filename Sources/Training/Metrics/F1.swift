import JSON

/// The harmonic mean of precision and recall.
///
/// Of the second of two classes, or an average over classes; classes that are neither answered nor right anywhere are left out of
/// means, and 0 / 0 is 0.
public struct F1: AveragedMetric {
  let average: Average

  static let averages = Average.allCases
  private static let field = Average.field(averages, metric: "f1")

  public static let documentation = CatalogEntry(
    type: "f1",
    summary: "The harmonic mean of precision and recall.",
    formula: "2 right[k] / (answers[k] + examples[k])", fields: [field],
    source: "As sklearn.metrics.f1_score with zero_division=0.")

  public init(from reader: inout ObjectReader) { average = Average(Self.field, from: &reader) }

  public var tallies: [TallyKind] { [.classes] }

  public func value(of tallies: TallySet) -> Double? {
    tallies.classes?.figure(average) { right, answers, support in
      ClassTally.ratio(2 * right, answers + support)
    }
  }
}
