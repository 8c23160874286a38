import JSON

/// The mean over the classes that have examples of the share of them that are answered rightly.
public struct BalancedAccuracy: Metric {
  public static let documentation = CatalogEntry(
    type: "balanced_accuracy",
    summary:
      "The mean of the classes' recalls, so that rare classes count as much as frequent ones.",
    formula: "(1/K) Σ_k right[k] / examples[k], over classes with examples",
    source: "As sklearn.metrics.balanced_accuracy_score.")

  public init(from reader: inout ObjectReader) {}

  public var direction: EarlyStopping.Mode? { .maximum }
  public var tallies: [TallyKind] { [.classes] }

  public func objection(to task: MetricTask) -> String? { task.objectionForWantOfClasses }

  public func value(of tallies: TallySet) -> Double? {
    guard let counts = tallies.classes, counts.examples > 0 else { return nil }
    let recalls: [Double?] = (0..<counts.classes).map {
      counts.support($0) == 0 ? nil : counts.right($0) / counts.support($0)
    }
    return Average.macro.mean(recalls, weights: recalls.map { _ in 1 })
  }
}
