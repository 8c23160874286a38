import JSON
import Store
import Training

extension RunService {
  static let similarRunsRule = "similar_runs"
  /// Runs before this one that are compared with it.
  private static let compared = 1_000
  private static let mostShown = 3

  /// Whether other runs on the same data came to the very same loss: then what was changed between them changes nothing.
  func similarRuns(to run: RunRecord, _ outcome: Outcome) throws -> Finding? {
    guard outcome.failure == nil, outcome.step > 0,
      let current = try store.runs.getAndWait(run.id),
      let loss = RunService.parsed(current.metrics)["train_loss"]?.double
    else { return nil }
    let others = try store.runs.withSameLoss(
      loss, at: outcome.step, as: run, among: Self.compared, limit: Self.mostShown)
    guard !others.isEmpty else { return nil }
    return Finding(
      rule: Self.similarRunsRule, severity: .info, steps: 1...outcome.step,
      evidence: [
        Finding.Figure("train_loss", loss), Finding.Figure("runs", Double(others.count)),
      ],
      explanation: "After \(outcome.step) steps the loss is to the last bit that of "
        + others.map(\.rawValue).joined(separator: ", ") + ".",
      advice: Finding.Advice(
        "What was changed between these runs changes nothing; for another draw change the seed.",
        field: "/training/seed"))
  }
}
