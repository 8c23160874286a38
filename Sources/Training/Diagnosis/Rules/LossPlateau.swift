/// A loss that once fell and has stopped falling.
public enum LossPlateau: Rule {
  public static let name = "loss_plateau"
  public static let summary =
    "Over the last half of the steps the mean loss has hardly changed, and isn't small."
  static let change = 0.005
  /// The share of the first loss below which a loss has come down far enough.
  static let remaining = 0.2
  static let points = 32
  static let steps = 1_000
  public static let thresholds = [
    Finding.Figure("threshold_change", change), Finding.Figure("threshold_remaining", remaining),
    Finding.Figure("threshold_steps", Double(steps)),
  ]

  public static func look(at evidence: Evidence) -> [Finding] {
    let past = evidence["train_loss"].past
    guard evidence.step >= steps, past.count >= points, let first = past.first?.value, first > 0
    else { return [] }
    let half = past.suffix(past.count / 2)
    let earlier = half.prefix(half.count / 2)
    let later = half.suffix(half.count / 2)
    func mean(_ points: ArraySlice<SeriesMemory.Point>) -> Double {
      points.reduce(0) { $0 + $1.value } / Double(max(points.count, 1))
    }
    let (before, now) = (mean(earlier), mean(later))
    guard abs(now - before) <= change * before, now > remaining * first, now < 0.98 * first,
      let from = half.first?.step
    else { return [] }
    return [
      finding(
        .info, steps: from...evidence.step, [("loss_before", before), ("loss", now)],
        "The loss has been about \(figure(now)) since step \(from).",
        advice: "Lower the learning rate by a schedule, or end the run here with early_stopping.",
        field: "/training/schedule")
    ]
  }
}
