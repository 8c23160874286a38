/// Examples that are trained on and validated on too, which makes a validation look better than it is.
public enum SharedRows: Rule {
  public static let name = "shared_examples"
  public static let summary =
    "Some of the validation's examples have the very inputs of examples that are trained on."
  static let share = 0.05
  static let fewest = 5.0
  public static let thresholds = [
    Finding.Figure("threshold_share", share), Finding.Figure("threshold_examples", fewest),
  ]

  public static func look(at evidence: Evidence) -> [Finding] {
    let data = evidence.facts.data
    guard let shared = data.sharedExamples, let count = data.validationExamples, count > 0,
      Double(shared) >= fewest, Double(shared) / Double(count) >= share
    else { return [] }
    return [
      finding(
        .warning, steps: 1...max(1, evidence.step),
        [("shared", Double(shared)), ("validation_examples", Double(count))],
        "\(shared) of \(count) validation examples have the same inputs as an example that is trained on.",
        advice:
          "Take duplicates out before the data is split, or keep each group of them on one side.",
        field: "/dataset")
    ]
  }
}
