/// A loss that had been far smaller and grows.
public enum Divergence: Rule {
  public static let name = "divergence"
  public static let summary =
    "The mean loss of the newest steps is several times the least there was, and above the first."
  static let factor = 3.0
  static let steps = 16
  public static let thresholds = [
    Finding.Figure("threshold_factor", factor), Finding.Figure("threshold_steps", Double(steps)),
  ]

  public static func look(at evidence: Evidence) -> [Finding] {
    let losses = evidence["train_loss"]
    guard let now = losses.mean(ofNewest: steps), let best = losses.leastOfPast,
      let first = losses.past.first?.value, best.value > 0, now > factor * best.value,
      now > factor * first, let last = losses.last
    else { return [] }
    return [
      finding(
        .critical, steps: min(best.step, last.step)...last.step,
        [("loss", now), ("least_loss", best.value), ("first_loss", first)],
        "The loss had come to \(figure(best.value)) at step \(best.step) and is \(figure(now)) now.",
        advice: "Lower the learning rate, or bound the gradients with clip.",
        field: "/training/optimizer/learning_rate")
    ]
  }
}
