import JSON

/// Ends a run whose monitored value has stopped getting better, or is good enough.
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
  /// `nil` for any number.
  public let patience: Int?
  public let minimumDelta: Double
  /// Whether the run leaves the weights of the best evaluation rather than the last ones.
  public let restoreBest: Bool
  /// What must be beaten too before an improvement counts; `nil` for nothing.
  public let baseline: Double?
  /// At which value the run has come to its end; `nil` for none.
  public let target: Double?
  /// Epochs in the beginning that aren't looked at.
  public let startFromEpoch: Int

  /// What has been seen so far.
  public struct State: Hashable, Sendable {
    public var best: Double?
    /// Evaluations since the best that counted.
    public var waited: Int
    /// Of which series the best is; `nil` for that of the configuration.
    public var monitor: String?

    public init(best: Double? = nil, waited: Int = 0, monitor: String? = nil) {
      self.best = best
      self.waited = waited
      self.monitor = monitor
    }
  }

  /// What a value was.
  public struct Verdict: Hashable, Sendable {
    /// Whether it beats those before it.
    public var isBetter = false
    /// Why it is time to end, in words; `nil` to go on.
    public var reason: String?

    public var stops: Bool { reason != nil }
  }

  public init(
    monitor: String, mode: Mode, patience: Int?, minimumDelta: Double = 0,
    restoreBest: Bool = false, baseline: Double? = nil, target: Double? = nil,
    startFromEpoch: Int = 0
  ) {
    self.monitor = monitor
    self.mode = mode
    self.patience = patience
    self.minimumDelta = minimumDelta
    self.restoreBest = restoreBest
    self.baseline = baseline
    self.target = target
    self.startFromEpoch = startFromEpoch
  }

  /// Whether what an epoch, from 1, comes to is looked at.
  public func counts(epoch: Int) -> Bool { epoch > startFromEpoch }

  /// Takes the next value in; answers whether it is better, and whether it is time to end.
  ///
  /// With a baseline an improvement begins the wait anew only when it beats the baseline too, as in Keras.
  public func observe(_ value: Double, _ state: inout State) -> Verdict {
    if let other = state.monitor, other != monitor { state = State() }
    state.monitor = monitor
    var verdict = Verdict()
    verdict.isBetter = state.best.map { beats(value, $0) } ?? !value.isNaN
    if verdict.isBetter { state.best = value }
    if verdict.isBetter, baseline.map({ beats(value, $0) }) ?? true {
      state.waited = 0
    } else {
      state.waited += 1
    }
    verdict.reason = reason(value, state)
    return verdict
  }

  private func beats(_ value: Double, _ other: Double) -> Bool {
    switch mode {
    case .minimum: value < other - minimumDelta
    case .maximum: value > other + minimumDelta
    }
  }

  private func reason(_ value: Double, _ state: State) -> String? {
    if let target, mode == .minimum ? value <= target : value >= target {
      return "\(monitor) is \(value) and has reached the target of \(target)"
    }
    guard let patience, state.waited >= patience else { return nil }
    let epochs = "\(patience) epoch\(patience == 1 ? "" : "s")"
    let best = state.best.map { "; its best is \($0)" } ?? ""
    if let baseline, state.best.map({ !beats($0, baseline) }) ?? true {
      return "\(monitor) has not beaten the baseline of \(baseline) in \(epochs)\(best)"
    }
    return "\(monitor) has not improved for \(epochs)\(best)"
  }
}

extension EarlyStopping {
  /// Finds what can't come to anything in a run of that length.
  func check(against duration: TrainingConfiguration.Duration, _ training: inout ObjectReader) {
    guard case .epochs(let epochs) = duration, startFromEpoch >= epochs else { return }
    training.fault(
      "early_stopping", "start_from_epoch",
      "is \(startFromEpoch), and the run has \(epochs) epochs: none would be looked at")
  }
}
