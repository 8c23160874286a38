import JSON

/// Of the answers that say a class, the share that is right.
///
/// Of the second of two classes, or an average over classes; classes that are neither answered nor right anywhere are left out of
/// means, and 0 / 0 is 0.
public struct Precision: AveragedMetric {
  let average: Average

  static let averages = Average.allCases
  private static let field = Average.field(averages, metric: "precision")

  public static let documentation = CatalogEntry(
    type: "precision",
    summary: "Of the answers that say a class, the share that is right.",
    formula: "right[k] / answers[k]", fields: [field],
    source: "As sklearn.metrics.precision_score with zero_division=0.")

  public init(from reader: inout ObjectReader) { average = Average(Self.field, from: &reader) }

  public var tallies: [TallyKind] { [.classes] }

  public func value(of tallies: TallySet) -> Double? {
    tallies.classes?.figure(average) { right, answers, support in
      ClassTally.ratio(right, answers)
    }
  }
}
