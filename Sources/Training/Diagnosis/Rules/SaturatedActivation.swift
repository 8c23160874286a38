/// Bounded activations that stand at their ends, where there is no slope.
public enum SaturatedActivation: Rule {
  public static let name = "saturated_activation"
  public static let summary =
    "Most outputs of a bounded activation (sigmoid, tanh, …) are where its slope is under a hundredth of its largest."
  static let fraction = 0.5
  static let observations = 3
  public static let thresholds = [
    Finding.Figure("threshold_saturated_fraction", fraction),
    Finding.Figure("threshold_observations", Double(observations)),
  ]

  public static func look(at evidence: Evidence) -> [Finding] {
    // An output is meant to go to its ends.
    evidence.facts.layers.filter { $0.isBounded && !$0.isOutput }.compactMap { layer in
      let points = evidence.layers[layer.name]?.saturatedFraction.newest(observations) ?? []
      guard points.count == observations, let first = points.first, let last = points.last,
        points.allSatisfy({ $0.value > fraction })
      else { return nil }
      return finding(
        .warning, layer: layer.name, steps: first.step...last.step,
        [("saturated_fraction", last.value)],
        "\(figure(100 * last.value)) % of the outputs of \"\(layer.name)\" are in the flat part of its activation: hardly "
          + "any gradient passes.",
        advice:
          "Scale the inputs, begin with smaller weights (glorot_uniform), or normalise before this layer.",
        field: "/model/layers")
    }
  }
}
