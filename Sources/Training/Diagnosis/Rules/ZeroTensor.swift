/// A gradient that is exactly zero, step after step.
public enum ZeroTensor: Rule {
  public static let name = "zero_tensor"
  public static let summary =
    "All elements of a parameter's gradient were zero over the newest steps."
  static let values = 16
  public static let thresholds = [Finding.Figure("threshold_values", Double(values))]

  public static func look(at evidence: Evidence) -> [Finding] {
    zip(evidence.facts.parameters, evidence.gradients).compactMap { parameter, memory in
      let points = memory.newest(values)
      guard points.count == values, let first = points.first, let last = points.last,
        points.allSatisfy({ $0.value == 0 })
      else { return nil }
      return finding(
        .warning, layer: parameter.layer, parameter: parameter.name, steps: first.step...last.step,
        [("gradient_norm", 0)],
        "The gradient of \"\(parameter.name)\" is zero: the loss doesn't depend on it.",
        advice:
          "See whether the layer's outputs reach the loss, and whether its units or those behind it are dead.",
        field: "/model/layers")
    }
  }
}
