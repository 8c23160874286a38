/// The first number of a run that wasn't one.
public enum NonFiniteOrigin: Rule {
  public static let name = "non_finite_origin"
  public static let summary = "The run ended because loss or gradients weren't finite."
  public static let thresholds: [Finding.Figure] = []

  public static func look(at evidence: Evidence) -> [Finding] {
    guard let failure = evidence.failure else { return [] }
    let advice = failure.autopsy.advice
    return [
      finding(
        .critical, layer: failure.layer, parameter: failure.parameter,
        steps: failure.step...failure.step,
        [("loss", failure.autopsy.loss), ("learning_rate", failure.autopsy.learningRate)],
        failure.message, advice: advice.text, field: advice.field)
    ]
  }
}
