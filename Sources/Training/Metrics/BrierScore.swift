import JSON

/// The mean squared error of the probabilities.
///
/// For two classes that of the second one's probability, from 0 to 1; for more the sum over the classes, from 0 to 2.
public struct BrierScore: Metric {
  public static let documentation = CatalogEntry(
    type: "brier", aliases: ["brier_score"],
    summary: "The mean squared error of the probabilities.",
    formula: "(1/N) Σ_n Σ_k (p_n[k] - [class = k])², half of it for two classes",
    source: "Brier 1950. As sklearn.metrics.brier_score_loss.")

  public init(from reader: inout ObjectReader) {}

  public var direction: EarlyStopping.Mode? { .minimum }
  public var tallies: [TallyKind] { [.likelihood] }

  public func objection(to task: MetricTask) -> String? { task.objectionForWantOfProbabilities }

  public func value(of tallies: TallySet) -> Double? { tallies.likelihood?.brier }
}
