/// Steps that go to and fro across a valley rather than along it.
public enum Oscillation: Rule {
  public static let name = "oscillation"
  public static let summary =
    "The loss goes up and down from step to step far more than chance would have it."
  static let correlation = -0.5
  static let amplitude = 0.05
  static let steps = 32
  public static let thresholds = [
    Finding.Figure("threshold_autocorrelation", correlation),
    Finding.Figure("threshold_amplitude", amplitude),
  ]

  public static func look(at evidence: Evidence) -> [Finding] {
    let points = Array(evidence["train_loss"].newest(steps))
    // Only steps that follow each other show it; a block that was thinned doesn't.
    // Two or three batches that take turns go up and down by themselves.
    guard evidence.facts.stepsPerEpoch == 1 || evidence.facts.stepsPerEpoch > 3,
      points.count == steps, let first = points.first, let last = points.last,
      last.step - first.step == steps - 1
    else { return [] }
    let mean = points.reduce(0) { $0 + $1.value } / Double(steps)
    guard mean > 0, let slope = DepthSlope.slope(points.map(\.value)) else { return [] }
    let rest = points.enumerated().map {
      $1.value - mean - slope * (Double($0) - Double(steps - 1) / 2)
    }
    let variance = rest.reduce(0) { $0 + $1 * $1 } / Double(steps)
    guard variance > 0 else { return [] }
    let lagged = zip(rest, rest.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / Double(steps)
    let found = lagged / variance
    let size = variance.squareRoot() / mean
    guard found <= correlation, size >= amplitude else { return [] }
    return [
      finding(
        .warning, steps: first.step...last.step,
        [("autocorrelation", found), ("amplitude", size), ("loss", mean)],
        "From step to step the loss goes up and down by about \(figure(100 * size)) %.",
        advice: "Halve the learning rate.", field: "/training/optimizer/learning_rate")
    ]
  }
}
