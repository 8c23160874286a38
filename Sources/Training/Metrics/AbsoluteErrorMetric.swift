import JSON

/// The mean absolute error of numbers.
public struct AbsoluteErrorMetric: Metric {
  public static let documentation = CatalogEntry(
    type: "mae", aliases: ["mean_absolute_error"], summary: "The mean absolute error of numbers.",
    formula: "mean(|t - x|)",
    source: "As sklearn.metrics.mean_absolute_error.")

  public init(from reader: inout ObjectReader) {}

  public var direction: EarlyStopping.Mode? { .minimum }
  public var tallies: [TallyKind] { [.numbers] }

  public func objection(to task: MetricTask) -> String? { task.objectionForWantOfNumbers }

  public func value(of tallies: TallySet) -> Double? { tallies.numbers?.absoluteError }
}
