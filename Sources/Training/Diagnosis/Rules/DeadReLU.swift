/// Rectified units that no example makes speak any more: their gradient is zero for good.
public enum DeadReLU: Rule {
  public static let name = "dead_relu"
  public static let summary =
    "Most units of a rectified layer are zero for every example of several observed batches."
  static let fraction = 0.5
  static let criticalFraction = 0.9
  static let observations = 3
  public static let thresholds = [
    Finding.Figure("threshold_dead_fraction", fraction),
    Finding.Figure("threshold_observations", Double(observations)),
  ]

  public static func look(at evidence: Evidence) -> [Finding] {
    evidence.facts.layers.filter(\.isRectifier).compactMap { layer in
      let points = evidence.layers[layer.name]?.deadFraction.newest(observations) ?? []
      guard points.count == observations, let first = points.first, let last = points.last,
        points.allSatisfy({ $0.value > fraction })
      else { return nil }
      return finding(
        last.value > criticalFraction ? .critical : .warning, layer: layer.name,
        steps: first.step...last.step, [("dead_fraction", last.value)],
        "\(figure(100 * last.value)) % of the units of \"\(layer.name)\" were zero for every example observed from step "
          + "\(first.step) to \(last.step); they learn nothing any more.",
        advice:
          "Lower the learning rate, use leaky_relu or elu, or begin with he_normal and zero biases.",
        field: "/training/optimizer/learning_rate")
    }
  }
}
