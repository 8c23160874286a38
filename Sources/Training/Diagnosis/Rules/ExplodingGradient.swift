import Foundation

/// A gradient norm that grows without bound, told before it overflows.
public enum ExplodingGradient: Rule {
  public static let name = "exploding_gradient"
  public static let summary =
    "The gradient norm grows steadily over the newest steps, far beyond where it began."
  static let steps = 24
  static let growth = 10.0
  static let overBaseline = 10.0
  /// The share of the logarithm's variance that a straight line explains.
  static let straightness = 0.7
  /// From here on the squares of float32 overflow.
  static let overflow = 1.8e19
  public static let thresholds = [
    Finding.Figure("threshold_growth", growth),
    Finding.Figure("threshold_over_baseline", overBaseline),
    Finding.Figure("threshold_straightness", straightness),
  ]

  public static func look(at evidence: Evidence) -> [Finding] {
    let norms = evidence["gradient_norm"]
    let points = norms.newest(steps).filter { $0.value > 0 }
    guard points.count == steps, let first = points.first, let last = points.last,
      let baseline = norms.logBaseline, let fit = LogarithmicFit(points)
    else { return [] }
    let factor = exp(fit.slope * Double(last.step - first.step))
    guard factor >= growth, last.value >= overBaseline * exp(min(baseline, log(first.value))),
      fit.explained >= straightness
    else { return [] }
    let left = max(0, (log(overflow) - log(last.value)) / fit.slope)
    let worst = evidence.fastestGrowing(steps)
    return [
      finding(
        .critical, layer: worst?.layer, parameter: worst?.name, steps: first.step...last.step,
        [
          ("gradient_norm", last.value), ("growth", factor),
          ("growth_per_step", exp(fit.slope)), ("baseline", exp(baseline)),
          ("steps_to_overflow", left.rounded()),
        ],
        "The gradient norm grew by a factor of \(figure(factor)) over \(last.step - first.step) steps to "
          + "\(figure(last.value)); at this rate it overflows in about \(Int(min(left, 1e9))) steps.",
        advice: "Bound the gradients with clip, or lower the learning rate.",
        field: "/training/clip")
    ]
  }
}

/// A straight line through the logarithms of positive values.
struct LogarithmicFit {
  /// Of the natural logarithm, a step.
  let slope: Double
  /// The share of the variance that the line explains.
  let explained: Double

  init?(_ points: [SeriesMemory.Point]) {
    guard points.count > 2 else { return nil }
    let count = Double(points.count)
    let meanX = points.reduce(0) { $0 + Double($1.step) } / count
    let meanY = points.reduce(0) { $0 + log($1.value) } / count
    var (xy, xx, yy) = (0.0, 0.0, 0.0)
    for point in points {
      let (x, y) = (Double(point.step) - meanX, log(point.value) - meanY)
      xy += x * y
      xx += x * x
      yy += y * y
    }
    guard xx > 0, yy > 0 else { return nil }
    slope = xy / xx
    explained = xy * xy / (xx * yy)
  }
}

extension Evidence {
  /// The parameter whose gradient has grown most over the newest steps.
  func fastestGrowing(_ steps: Int) -> RunFacts.Parameter? {
    var worst: (parameter: RunFacts.Parameter, growth: Double)?
    for (parameter, memory) in zip(facts.parameters, gradients) {
      let points = memory.newest(steps)
      guard let first = points.first, let last = points.last, first.value > 0 else { continue }
      let growth = last.value / first.value
      if growth > worst?.growth ?? 0 { worst = (parameter, growth) }
    }
    return worst?.parameter
  }
}
