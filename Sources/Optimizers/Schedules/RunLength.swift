/// How many steps a run has, and how many of them make an epoch.
public struct RunLength: Hashable, Sendable {
  public let steps: Int
  public let stepsPerEpoch: Int

  public init(steps: Int, stepsPerEpoch: Int = 1) {
    self.steps = steps
    self.stepsPerEpoch = max(stepsPerEpoch, 1)
  }
}

/// Where a schedule stands: the steps it has behind it, and those it has in all.
public struct SchedulePlace: Hashable, Sendable {
  /// Steps since the warm-up ended, from 0.
  public let step: Int
  /// How many there are after the warm-up, at least 1.
  public let steps: Int
  /// Steps since the schedule began, its warm-up included, from 0.
  public let elapsed: Int
  public let stepsPerEpoch: Int

  public init(step: Int, steps: Int, elapsed: Int, stepsPerEpoch: Int) {
    self.step = step
    self.steps = steps
    self.elapsed = elapsed
    self.stepsPerEpoch = stepsPerEpoch
  }

  /// The steps behind a schedule that counts in `span`, and the span in steps.
  ///
  /// Epochs count from where the schedule begins, so that changes fall on their boundaries; steps from where its
  /// warm-up ended.
  func clock(_ span: ScheduleSpan) -> (at: Int, span: Int) {
    (span.isEpochs ? elapsed : step, span.steps(perEpoch: stepsPerEpoch))
  }

  /// The share of the way that is gone, from 0 to 1: of a span, or of all steps after the warm-up.
  func progress(over span: ScheduleSpan?) -> Double {
    let steps = span?.steps(perEpoch: stepsPerEpoch) ?? steps
    return min(Double(step) / Double(steps), 1)
  }
}
