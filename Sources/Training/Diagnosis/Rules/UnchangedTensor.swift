/// A parameter that stands still in a layer that learns.
public enum UnchangedTensor: Rule {
  public static let name = "unchanged_tensor"
  public static let summary =
    "A parameter hasn't moved over the newest steps, though others of its layer have."
  static let values = 16
  public static let thresholds = [Finding.Figure("threshold_values", Double(values))]

  public static func look(at evidence: Evidence) -> [Finding] {
    let frozen = Set(evidence.frozenLayers(values))
    return evidence.facts.parameters.enumerated().compactMap { index, parameter in
      guard !frozen.contains(parameter.layer), evidence.isStill(index, values) else { return nil }
      return finding(
        .info, layer: parameter.layer, parameter: parameter.name, steps: evidence.recentSteps,
        [("update_norm", 0)], "\"\(parameter.name)\" doesn't move any more.",
        advice: "See whether what it multiplies is always zero.", field: "/model/layers")
    }
  }
}
