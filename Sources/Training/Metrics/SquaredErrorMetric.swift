import JSON

/// The mean squared error of numbers, over examples and the numbers of each.
///
/// Predictions are what the model's outputs mean to the loss: probabilities for `binary_cross_entropy`, the exponential for
/// `poisson` of logarithms and `gamma_nll`, the means of `gaussian_nll`, the median of `quantile`.
public struct SquaredErrorMetric: Metric {
  public static let documentation = CatalogEntry(
    type: "mse", aliases: ["mean_squared_error"], summary: "The mean squared error of numbers.",
    formula: "mean((t - x)²)",
    source: "As sklearn.metrics.mean_squared_error.")

  public init(from reader: inout ObjectReader) {}

  public var direction: EarlyStopping.Mode? { .minimum }
  public var tallies: [TallyKind] { [.numbers] }

  public func objection(to task: MetricTask) -> String? { task.objectionForWantOfNumbers }

  public func value(of tallies: TallySet) -> Double? { tallies.numbers?.squaredError }
}
