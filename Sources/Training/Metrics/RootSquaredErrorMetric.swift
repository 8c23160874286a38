import JSON

/// The root of the mean squared error, for several numbers the mean of each one's root.
public struct RootSquaredErrorMetric: Metric {
  public static let documentation = CatalogEntry(
    type: "rmse", aliases: ["root_mean_squared_error"],
    summary: "The root of the mean squared error, in the unit of the target.",
    formula: "mean over the numbers d of √(mean over n of (t_n[d] - x_n[d])²)",
    source: "As sklearn.metrics.root_mean_squared_error.")

  public init(from reader: inout ObjectReader) {}

  public var direction: EarlyStopping.Mode? { .minimum }
  public var tallies: [TallyKind] { [.numbers] }

  public func objection(to task: MetricTask) -> String? { task.objectionForWantOfNumbers }

  public func value(of tallies: TallySet) -> Double? { tallies.numbers?.rootSquaredError }
}
