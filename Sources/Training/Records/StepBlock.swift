/// A stretch of consecutive steps, column by column, as the training thread hands them on.
///
/// A step of a small model takes a few microseconds, so an observer hears of many at once: a block
/// is handed on after a tenth of a second, when it is full, and before anything that happened after
/// its last step (an epoch's end, a validation, a checkpoint, the end).
public struct StepBlock: Sendable {
  /// The number of the block's first step; steps count from 1 and have no gap.
  public internal(set) var firstStep = 0
  /// The mean loss of each step's batch before its update.
  public internal(set) var losses: [Double] = []
  /// The epoch each step belongs to, counted from 1.
  public internal(set) var epochs: [Int32] = []
  public internal(set) var learningRates: [Double] = []
  /// When each step ended, in seconds of training since the run's first step.
  public internal(set) var seconds: [Double] = []
  /// Which of the block's steps (as an index from 0) have gradients.
  public internal(set) var measured: [Int32] = []
  /// The gradients before clipping: for each measured step one entry a parameter, in the model's order.
  public internal(set) var gradients: [ParameterGradient] = []
  /// The gradients after clipping, laid out alike; empty when nothing clips.
  public internal(set) var clippedGradients: [ParameterGradient] = []
  /// The weights and their updates, laid out like `gradients`.
  public internal(set) var updates: [ParameterUpdate] = []
  /// For each step one entry a term: its unweighted loss, and by what that was multiplied in the sum.
  public internal(set) var termLosses: [Double] = []
  public internal(set) var termWeights: [Double] = []
  /// For each step one entry for each series of its own, such as `clip_factor`.
  public internal(set) var own: [Double] = []
  /// How many entries of `gradients` a measured step has.
  public let parameterCount: Int
  /// How many terms the loss has; 0 when it isn't a list of them.
  public let termCount: Int
  /// How many series of its own a step has.
  public let ownCount: Int

  public var count: Int { losses.count }
  public var isEmpty: Bool { losses.isEmpty }
  public var lastStep: Int { firstStep + count - 1 }

  public init(parameterCount: Int, termCount: Int = 0, ownCount: Int = 0) {
    self.parameterCount = parameterCount
    self.termCount = termCount
    self.ownCount = ownCount
  }

  /// The gradients of the block's `index`-th step before clipping; `nil` when not measured.
  public func gradients(at index: Int) -> ArraySlice<ParameterGradient>? {
    guard let place = measured.firstIndex(of: Int32(index)) else { return nil }
    return gradients[place * parameterCount..<(place + 1) * parameterCount]
  }

  /// The losses of the `index`-th step's terms, then their weights, then the series of its own.
  public func series(at index: Int) -> [Double] {
    let range = index * termCount..<(index + 1) * termCount
    return Array(termLosses[range]) + Array(termWeights[range])
      + own[index * ownCount..<(index + 1) * ownCount]
  }

  mutating func reserve(_ steps: Int, clips: Bool) {
    losses.reserveCapacity(steps)
    epochs.reserveCapacity(steps)
    learningRates.reserveCapacity(steps)
    seconds.reserveCapacity(steps)
    measured.reserveCapacity(steps)
    gradients.reserveCapacity(steps * parameterCount)
    updates.reserveCapacity(steps * parameterCount)
    termLosses.reserveCapacity(steps * termCount)
    termWeights.reserveCapacity(steps * termCount)
    own.reserveCapacity(steps * ownCount)
    if clips { clippedGradients.reserveCapacity(steps * parameterCount) }
  }

  mutating func clear() {
    losses.removeAll(keepingCapacity: true)
    epochs.removeAll(keepingCapacity: true)
    learningRates.removeAll(keepingCapacity: true)
    seconds.removeAll(keepingCapacity: true)
    measured.removeAll(keepingCapacity: true)
    gradients.removeAll(keepingCapacity: true)
    updates.removeAll(keepingCapacity: true)
    clippedGradients.removeAll(keepingCapacity: true)
    termLosses.removeAll(keepingCapacity: true)
    termWeights.removeAll(keepingCapacity: true)
    own.removeAll(keepingCapacity: true)
  }
}
