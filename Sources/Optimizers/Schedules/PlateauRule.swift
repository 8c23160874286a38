import JSON

/// Cuts the rate when a measured value has stopped getting better.
///
/// A value counts as better when it beats the best by the threshold; after more than `patience` values in a row that don't,
/// the rate is multiplied by `factor`, and for `cooldown` values none counts as bad.
public struct PlateauRule: Hashable, Sendable {
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    /// Smaller is better.
    case minimum = "min"
    case maximum = "max"
  }

  public enum Threshold: Hashable, Sendable {
    /// A share of the best.
    case relative(Double)
    case absolute(Double)
  }

  /// The least rate that is left.
  public enum Floor: Hashable, Sendable {
    case rate(Double)
    /// Of the optimizer's rate.
    case fraction(Double)
  }

  /// The series that is watched; `nil` for the one that a run watches by itself.
  public var monitor: String?
  /// `nil` for what goes with the series.
  public var mode: Mode?
  public var factor = 0.1
  public var patience = 10
  public var threshold = Threshold.relative(1e-4)
  public var cooldown = 0
  public var floor = Floor.rate(0)
  /// A cut that changes the rate by no more isn't made.
  public var epsilon = 1e-8

  /// What has been seen so far.
  public struct State: Hashable, Sendable {
    /// Of which series; `nil` before the first value.
    public var monitor: String?
    public var best: Double?
    /// Values in a row that were no better.
    public var bad = 0
    /// Values for which none counts as bad.
    public var resting = 0
    /// What all cuts together multiply the rate by.
    public var scale = 1.0

    public init() {}
  }

  public init() {}

  /// Takes the next value in.
  ///
  /// - Parameters:
  ///   - isLarger: whether larger is better.
  ///   - series: the name of what is watched; another than before is judged anew.
  ///   - rate: what the scale multiplies.
  /// - Returns: whether the rate was cut.
  public func observe(
    _ value: Double, of series: String, isLarger: Bool, rate: Double, _ state: inout State
  ) -> Bool {
    if let monitor = state.monitor, monitor != series {
      (state.best, state.bad, state.resting) = (nil, 0, 0)
    }
    state.monitor = series
    if isBetter(value, than: state.best, isLarger: isLarger) {
      state.best = value
      state.bad = 0
    } else {
      state.bad += 1
    }
    if state.resting > 0 {
      state.resting -= 1
      state.bad = 0
    }
    guard state.bad > patience else { return false }
    state.resting = cooldown
    state.bad = 0
    let old = rate * state.scale
    let least =
      switch floor {
      case .rate(let least): least
      case .fraction(let fraction): rate * fraction
      }
    let new = max(old * factor, least)
    guard old - new > epsilon, rate > 0 else { return false }
    state.scale = new / rate
    return true
  }

  private func isBetter(_ value: Double, than best: Double?, isLarger: Bool) -> Bool {
    guard let best else { return !value.isNaN }
    return switch (threshold, isLarger) {
    case (.relative(let share), false): value < best * (1 - share)
    case (.relative(let share), true): value > best * (1 + share)
    case (.absolute(let delta), false): value < best - delta
    case (.absolute(let delta), true): value > best + delta
    }
  }
}
