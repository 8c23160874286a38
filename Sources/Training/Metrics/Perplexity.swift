import Foundation
import JSON

/// The exponential of the mean cross entropy: among how many equally likely classes the model is as unsure.
public struct Perplexity: Metric {
  public static let documentation = CatalogEntry(
    type: "perplexity",
    summary: "The exponential of the mean cross entropy, for models of sequences.",
    formula: "exp(-(1/N) Σ_n log p_n[class])",
    source: "As torcheval.metrics.Perplexity.")

  public init(from reader: inout ObjectReader) {}

  public var direction: EarlyStopping.Mode? { .minimum }
  public var tallies: [TallyKind] { [.likelihood] }

  public func objection(to task: MetricTask) -> String? { task.objectionForWantOfProbabilities }

  public func value(of tallies: TallySet) -> Double? {
    tallies.likelihood?.crossEntropy.map { exp($0) }
  }
}
