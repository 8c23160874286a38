import JSON

/// The mean absolute error in relation to the target; 0.1 is ten percent.
///
/// A target of 0 counts as 2^-52, as in scikit-learn, which makes the figure enormous rather than undefined.
public struct PercentageErrorMetric: Metric {
  public static let documentation = CatalogEntry(
    type: "mape", aliases: ["mean_absolute_percentage_error"],
    summary: "The mean absolute error in relation to the target; 0.1 is ten percent.",
    formula: "mean(|t - x| / max(|t|, 2^-52))",
    source: "As sklearn.metrics.mean_absolute_percentage_error.")

  public init(from reader: inout ObjectReader) {}

  public var direction: EarlyStopping.Mode? { .minimum }
  public var tallies: [TallyKind] { [.numbers] }

  public func objection(to task: MetricTask) -> String? { task.objectionForWantOfNumbers }

  public func value(of tallies: TallySet) -> Double? { tallies.numbers?.percentageError }
}
