import Dispatch

/// When probes are due, what they cost, and how rarely they have to be to stay within a budget.
///
/// Without a budget a probe is due at its own interval and no clock is read. With one, all intervals are multiplied by the
/// same power of two, so that a probe's steps stay multiples of what was asked for.
struct ProbeSchedule {
  /// A probe that takes time of its own. Norms don't: the optimizer takes them as it passes over the parameters.
  enum Probe: String, CaseIterable {
    case histograms
    case activations
    case termGradients = "term_gradients"
    case gradientStatistics = "gradient_statistics"
  }

  /// What is known of a probe's cost.
  private struct Cost {
    var uses = 0
    /// Of all uses.
    var seconds = 0.0
    /// A use's usual seconds; the first, which makes programs and memory ready, isn't counted in.
    var usual: Double?
    /// Of the use going on.
    var open = 0.0
  }

  /// Steps between two uses, as asked for; 0 is never.
  private let every: [Int]
  private let budgetPercent: Double?
  private var costs = [Cost](repeating: Cost(), count: Probe.allCases.count)
  /// Usual seconds of a step and of its pass without probes.
  private var usualStep: Double?
  private var usualPass: Double?
  private var stepSeconds = 0.0
  /// By what the intervals are multiplied.
  private(set) var stretch = 1
  static let mostStretch = 1 << 20

  init(_ observation: ObservationConfiguration) {
    every = Probe.allCases.map { probe in
      switch probe {
      case .histograms: observation.histogramsEvery
      case .activations: observation.activationsEvery
      case .termGradients: observation.termGradientsEvery
      case .gradientStatistics: observation.gradientStatisticsEvery
      }
    }
    budgetPercent = observation.budgetPercent
  }

  var hasBudget: Bool { budgetPercent != nil }

  /// Steps between two uses now.
  func interval(_ probe: Probe) -> Int { every[probe.place] * stretch }

  func isDue(_ probe: Probe, at step: Int) -> Bool {
    ObservationConfiguration.isDue(step, every: interval(probe))
  }

  // MARK: - Cost

  /// Now, in seconds; 0 without a budget.
  func now() -> Double {
    hasBudget ? Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 : 0
  }

  /// Counts time to a probe that the step uses.
  mutating func spend(_ seconds: Double, on probe: Probe) {
    costs[probe.place].open += seconds
  }

  /// Counts the time since `start` to a probe that the step uses.
  mutating func spend(since start: Double, on probe: Probe) {
    if hasBudget { spend(now() - start, on: probe) }
  }

  /// A pass over the batch took so long; what it took beyond a plain one is the cost of `probe`, for which it was observed.
  mutating func passed(_ seconds: Double, for probe: Probe?) {
    guard hasBudget else { return }
    if let probe {
      if let usualPass { spend(max(0, seconds - usualPass), on: probe) }
    } else {
      Self.average(&usualPass, seconds)
    }
  }

  /// Ends a step that took so long in all, and used these probes.
  mutating func ended(_ seconds: Double, used: (Probe) -> Bool) {
    guard hasBudget else { return }
    stepSeconds += seconds
    var spent = 0.0
    for probe in Probe.allCases {
      let place = probe.place
      let open = costs[place].open
      spent += open
      costs[place].seconds += open
      costs[place].open = 0
      if used(probe) {
        costs[place].uses += 1
        if costs[place].uses > 1 { Self.average(&costs[place].usual, open) }
      }
    }
    Self.average(&usualStep, max(0, seconds - spent))
  }

  private static func average(_ usual: inout Double?, _ value: Double) {
    usual = usual.map { $0 + (value - $0) / 8 } ?? value
  }

  // MARK: - Budget

  /// What probes would cost at these intervals, in percent of the training without them.
  func expectedPercent(stretch: Int) -> Double {
    guard let usualStep, usualStep > 0 else { return 0 }
    let seconds = Probe.allCases.reduce(0.0) { sum, probe in
      guard every[probe.place] > 0, let usual = costs[probe.place].usual else { return sum }
      return sum + usual / (Double(every[probe.place]) * Double(stretch))
    }
    return 100 * seconds / usualStep
  }

  /// Lengthens the intervals until the budget holds, or shortens them while there's room; answers whether they changed.
  mutating func adapt() -> Bool {
    guard let budgetPercent else { return false }
    let before = stretch
    while stretch < Self.mostStretch, expectedPercent(stretch: stretch) > budgetPercent {
      stretch *= 2
    }
    // A fifth is left, so that they don't go to and fro.
    while stretch > 1, expectedPercent(stretch: stretch / 2) < 0.8 * budgetPercent { stretch /= 2 }
    return stretch != before
  }

  /// What a probe took so far, in percent of the training without probes.
  func percent(of probe: Probe) -> Double {
    let own = stepSeconds - costs.reduce(0) { $0 + $1.seconds }
    return own > 0 ? 100 * costs[probe.place].seconds / own : 0
  }

  /// The probes that the run uses at all.
  var probes: [Probe] { Probe.allCases.filter { every[$0.place] > 0 } }
}

extension ProbeSchedule.Probe {
  fileprivate var place: Int {
    switch self {
    case .histograms: 0
    case .activations: 1
    case .termGradients: 2
    case .gradientStatistics: 3
    }
  }
}
