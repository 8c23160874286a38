/// Examples that validate and whose labels a model that is right else is sure are others.
public enum LabelNoise: Rule {
  public static let name = "label_noise"
  public static let summary =
    "Of a model that is mostly right, some validation examples have labels that it holds for all but impossible."
  static let evaluations = 3
  static let accuracy = 0.8
  public static let thresholds = [
    Finding.Figure("threshold_answer", LabelDoubts.sure),
    Finding.Figure("threshold_label", LabelDoubts.unlikely),
    Finding.Figure("threshold_accuracy", accuracy),
    Finding.Figure("threshold_evaluations", Double(evaluations)),
  ]

  /// Examples that the message names.
  private static let named = 10

  public static func look(at evidence: Evidence) -> [Finding] {
    guard let doubts = evidence.labelDoubts, doubts.count > 0,
      evidence["validation_loss"].count >= evaluations,
      let last = evidence["validation_accuracy"].last, last.value >= accuracy
    else { return [] }
    let listed = doubts.largest.prefix(named).map {
      "\($0.example) (\($0.label), taken for \($0.answer))"
    }
    return [
      finding(
        .info, steps: last.step...last.step,
        [
          ("suspects", Double(doubts.count)), ("validation_accuracy", last.value),
          ("likeliest", Double(doubts.largest[0].example)),
          ("label", Double(doubts.largest[0].label)), ("answer", Double(doubts.largest[0].answer)),
        ],
        "\(doubts.count) validation example\(doubts.count == 1 ? " has a label" : "s have labels") that the model holds for "
          + "all but impossible; by their numbers in the dataset, from 0, with label and answer: "
          + listed.joined(separator: ", ") + (doubts.count > named ? ", …" : "") + ".",
        advice:
          "Look at these examples: labels of so sure mistakes are often wrong. Correct them, or leave the examples out.",
        field: "/dataset")
    ]
  }
}
