/// A validation loss that rises while the training loss goes on falling.
public enum Overfit: Rule {
  public static let name = "overfit"
  public static let summary =
    "The last three validation losses lie above the best one, while the training loss has fallen since."
  static let rise = 0.1
  static let evaluations = 3
  public static let thresholds = [
    Finding.Figure("threshold_rise", rise),
    Finding.Figure("threshold_evaluations", Double(evaluations)),
  ]

  public static func look(at evidence: Evidence) -> [Finding] {
    let validation = evidence["validation_loss"]
    let training = evidence["epoch_loss"]
    guard let best = validation.least, best.value > 0, let last = validation.last,
      validation.newest(evaluations).count == evaluations,
      validation.newest(evaluations).allSatisfy({
        $0.step > best.step && $0.value > best.value * (1 + rise)
      }),
      let now = training.last?.value,
      let then = training.recent.last(where: { $0.step <= best.step })?.value ?? training.baseline,
      now < then
    else { return [] }
    return [
      finding(
        .warning, steps: best.step...last.step,
        [
          ("best_validation_loss", best.value), ("validation_loss", last.value),
          ("train_loss_then", then), ("train_loss", now),
        ],
        "Since step \(best.step) the validation loss has risen from \(figure(best.value)) to \(figure(last.value)), "
          + "while the training loss fell from \(figure(then)) to \(figure(now)).",
        advice:
          "Use the best checkpoint (early_stopping with restore_best), more data, dropout or weight decay.",
        field: "/training/early_stopping")
    ]
  }
}
