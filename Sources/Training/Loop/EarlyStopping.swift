import JSON

/// Ends a run whose monitored value has stopped getting better.
///
/// An evaluation counts as better when it beats the best by more than `minimumDelta`; after
/// `patience` evaluations in a row that don't, the run ends. Prechelt 1998, "Early stopping — but when?".
public struct EarlyStopping: Hashable, Sendable {
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    /// Smaller is better.
    case minimum = "min"
    case maximum = "max"
  }

  /// Which series is watched, such as `validation_loss`.
  public let monitor: String
  public let mode: Mode
  public let patience: Int
  public let minimumDelta: Double
  /// Whether the run leaves the weights of the best evaluation rather than the last ones.
  public let restoreBest: Bool

  /// What has been seen so far.
  public struct State: Hashable, Sendable {
    public var best: Double?
    /// Evaluations since the best.
    public var waited: Int

    public init(best: Double? = nil, waited: Int = 0) {
      self.best = best
      self.waited = waited
    }
  }

  public init(
    monitor: String, mode: Mode, patience: Int, minimumDelta: Double = 0, restoreBest: Bool = false
  ) {
    self.monitor = monitor
    self.mode = mode
    self.patience = patience
    self.minimumDelta = minimumDelta
    self.restoreBest = restoreBest
  }

  /// Takes the next value in; answers whether it is better, and whether it is time to end.
  public func observe(_ value: Double, _ state: inout State) -> (isBetter: Bool, stops: Bool) {
    let isBetter: Bool
    switch (state.best, mode) {
    case (nil, _): isBetter = !value.isNaN
    case (let best?, .minimum): isBetter = value < best - minimumDelta
    case (let best?, .maximum): isBetter = value > best + minimumDelta
    }
    if isBetter {
      state = State(best: value, waited: 0)
    } else {
      state.waited += 1
    }
    return (isBetter, state.waited >= patience)
  }
}
