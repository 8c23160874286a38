/// A model that has hardly learned its own training data by the end.
public enum Underfit: Rule {
  public static let name = "underfit"
  public static let summary = "Near the end the training loss has come down by less than a fifth."
  static let decrease = 0.2
  static let progress = 0.9
  public static let thresholds = [
    Finding.Figure("threshold_decrease", decrease), Finding.Figure("threshold_progress", progress),
  ]

  public static func look(at evidence: Evidence) -> [Finding] {
    let losses = evidence["train_loss"]
    guard evidence.progress >= progress, losses.count >= 200, let first = losses.past.first?.value,
      first > 0, let now = losses.mean(ofNewest: 32), now > first * (1 - decrease)
    else { return [] }
    return [
      finding(
        .info, steps: 1...evidence.step, [("loss_at_start", first), ("loss", now)],
        "After \(evidence.step) of \(evidence.facts.totalSteps) steps the loss on the training data is still "
          + "\(figure(now)), having begun at \(figure(first)).",
        advice:
          "Train longer, use a larger model or a larger learning rate, or give the model better inputs.",
        field: "/training/epochs")
    ]
  }
}
