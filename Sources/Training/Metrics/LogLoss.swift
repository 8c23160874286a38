import JSON

/// The mean negative logarithm of the right class's probability.
///
/// Probabilities are those of the loss's own softmax or sigmoid, or of the model's last activation, cut off at 2^-52 and
/// 1 - 2^-52 as in scikit-learn. It knows no class weights and no label smoothing, which `train_loss` has.
public struct LogLoss: Metric {
  public static let documentation = CatalogEntry(
    type: "log_loss",
    summary: "The mean negative logarithm of the right class's probability.",
    formula: "-(1/N) Σ_n log p_n[class], p from 2^-52 to 1 - 2^-52",
    source: "As sklearn.metrics.log_loss.")

  public init(from reader: inout ObjectReader) {}

  public var direction: EarlyStopping.Mode? { .minimum }
  public var tallies: [TallyKind] { [.likelihood] }

  public func objection(to task: MetricTask) -> String? { task.objectionForWantOfProbabilities }

  public func value(of tallies: TallySet) -> Double? { tallies.likelihood?.logLoss }
}
