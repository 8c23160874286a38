import JSON

/// The coefficient of determination: which share of the target's variance the predictions account for.
///
/// For several numbers the mean of each one's. Of a number that is the same in every example it is 1 where it is met
/// exactly, else 0; of a single example it is NaN, which is null.
public struct DeterminationMetric: Metric {
  public static let documentation = CatalogEntry(
    type: "r2", aliases: ["r2_score"],
    summary:
      "The coefficient of determination: which share of the target's variance the predictions account for.",
    formula: "mean over the numbers of 1 - Σ (t - x)² / Σ (t - mean t)²",
    source: "As sklearn.metrics.r2_score.")

  public init(from reader: inout ObjectReader) {}

  public var direction: EarlyStopping.Mode? { .maximum }
  public var tallies: [TallyKind] { [.numbers] }

  public func objection(to task: MetricTask) -> String? { task.objectionForWantOfNumbers }

  public func value(of tallies: TallySet) -> Double? { tallies.numbers?.determination }
}
