import Foundation

/// Steps that are out of proportion to the weights they change.
///
/// About a thousandth of the weights a step is healthy. Optimizers with normalised steps take more on small weights at the
/// beginning, so only what lasts is told, and a moderate distance is information alone.
public enum UpdateRatio: Rule {
  public static let name = "update_ratio"
  public static let summary =
    "The ratio of a weight's update to the weight stays outside 1e-4…1e-2 over the newest steps."
  static let low = 1e-4
  static let high = 1e-2
  /// How far beyond the bounds it becomes a warning.
  static let warningFactor = 10.0
  static let warmUp = 200
  static let values = 32
  public static let thresholds = [
    Finding.Figure("threshold_low", low), Finding.Figure("threshold_high", high),
    Finding.Figure("threshold_warm_up_steps", Double(warmUp)),
  ]

  public static func look(at evidence: Evidence) -> [Finding] {
    let rates = evidence["learning_rate"]
    // A rate that the schedule has brought down makes small steps, as it should.
    guard evidence.step >= warmUp, let rate = rates.last?.value, let most = rates.largest?.value
    else { return [] }
    return zip(evidence.facts.parameters, evidence.ratios).compactMap { parameter, memory in
      guard parameter.isWeight, parameter.firstStep <= evidence.step,
        let logarithm = memory.logMean(ofNewest: values)
      else { return nil }
      let ratio = exp(logarithm)
      let isLow = ratio < low && rate > 0.5 * most
      guard isLow || ratio > high else { return nil }
      let isFar = isLow ? ratio < low / warningFactor : ratio > high * warningFactor
      return finding(
        isFar ? .warning : .info, layer: parameter.layer, parameter: parameter.name,
        steps: evidence.recentSteps, [("update_ratio", ratio), ("learning_rate", rate)],
        "A step changes \"\(parameter.name)\" by \(figure(100 * ratio)) % of its size; 0.01 to 1 % is usual.",
        advice: isLow
          ? "Raise the learning rate, or look for where the gradient is lost."
          : "Lower the learning rate.", field: "/training/optimizer/learning_rate")
    }
  }
}
