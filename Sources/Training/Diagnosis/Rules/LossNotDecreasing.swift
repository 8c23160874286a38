/// A loss that stays where it began.
public enum LossNotDecreasing: Rule {
  public static let name = "loss_not_decreasing"
  public static let summary =
    "After the first hundred steps the mean loss is what it was at the beginning."
  static let decrease = 0.02
  static let steps = 64
  public static let thresholds = [
    Finding.Figure("threshold_decrease", decrease), Finding.Figure("threshold_steps", 200),
  ]

  public static func look(at evidence: Evidence) -> [Finding] {
    let losses = evidence["train_loss"]
    guard losses.hasBaseline, losses.count >= 200, let before = losses.baseline,
      let first = losses.first, before > 0, let now = losses.mean(ofNewest: steps),
      now >= before * (1 - decrease), now >= first * (1 - 10 * decrease)
    else { return [] }
    return [
      finding(
        .warning, steps: 1...evidence.step, [("loss_at_start", before), ("loss", now)],
        "The loss was \(figure(before)) at the beginning and is \(figure(now)) after \(evidence.step) steps.",
        advice:
          "Try a learning rate ten times larger and ten times smaller, and look whether targets and outputs go together.",
        field: "/training/optimizer/learning_rate")
    ]
  }
}
