/// A model that does well on what it has seen and badly on what it hasn't.
public enum TrainValidationGap: Rule {
  public static let name = "train_validation_gap"
  public static let summary =
    "The validation accuracy lies far below that of training; without accuracies, the validation loss far above."
  static let accuracy = 0.1
  static let ratio = 2.0
  /// Of the first loss, which the gap has to be for the ratio to mean anything.
  static let share = 0.1
  public static let thresholds = [
    Finding.Figure("threshold_accuracy", accuracy), Finding.Figure("threshold_ratio", ratio),
  ]

  public static func look(at evidence: Evidence) -> [Finding] {
    guard let last = evidence["validation_loss"].last, let training = evidence["epoch_loss"].last,
      evidence["validation_loss"].count >= 3, last.step == training.step
    else { return [] }
    if let right = evidence["train_accuracy"].last, let held = evidence["validation_accuracy"].last
    {
      let gap = right.value - held.value
      guard gap > accuracy else { return [] }
      return [
        finding(
          .warning, steps: last.step...last.step,
          [("train_accuracy", right.value), ("validation_accuracy", held.value)],
          "The model is right on \(figure(100 * right.value)) % of the training data and \(figure(100 * held.value)) % of "
            + "the validation data.", advice: remedy, field: "/training/optimizer/weight_decay")
      ]
    }
    guard training.value > 0, last.value > ratio * training.value,
      let first = evidence["train_loss"].past.first?.value,
      last.value - training.value > share * first
    else { return [] }
    return [
      finding(
        .warning, steps: last.step...last.step,
        [("train_loss", training.value), ("validation_loss", last.value)],
        "The validation loss is \(figure(last.value / training.value)) times the training loss.",
        advice: remedy, field: "/training/optimizer/weight_decay")
    ]
  }

  private static let remedy =
    "Get more data, use dropout, weight decay or a smaller model; see that both parts come from the same source."
}
