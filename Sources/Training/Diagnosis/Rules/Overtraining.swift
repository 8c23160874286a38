/// Training that goes on long after the best validation.
public enum Overtraining: Rule {
  public static let name = "overtraining"
  public static let summary =
    "No validation has been better than one that lies ten or more evaluations back."
  static let evaluations = 10
  public static let thresholds = [Finding.Figure("threshold_evaluations", Double(evaluations))]

  public static func look(at evidence: Evidence) -> [Finding] {
    let validation = evidence["validation_loss"]
    guard let best = validation.least, let last = validation.last,
      validation.newest(evaluations).count == evaluations,
      validation.newest(evaluations).allSatisfy({ $0.step > best.step })
    else { return [] }
    return [
      finding(
        .info, steps: best.step...last.step,
        [("best_validation_loss", best.value), ("validation_loss", last.value)],
        "The best validation loss, \(figure(best.value)), was that of step \(best.step).",
        advice: "Set early_stopping, and take the best checkpoint.",
        field: "/training/early_stopping")
    ]
  }
}
