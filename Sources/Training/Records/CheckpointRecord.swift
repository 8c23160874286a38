/// Weights worth keeping, and why.
///
/// What it holds is a copy that never changes, so an observer may encode and store it elsewhere and later.
public struct CheckpointRecord: Sendable {
  public enum Kind: String, Hashable, Sendable, Codable {
    /// The weights before step 1.
    case initial
    /// The best validation (or without one, training) loss so far.
    case best
    /// `checkpoint.every_steps` steps have passed.
    case periodic
    /// The run has ended, was stopped, or pauses, or `checkpoint.every_seconds` have passed.
    case latest
  }

  public let kind: Kind
  /// How many steps these weights have seen.
  public let step: Int
  public let epoch: Int
  public let seconds: Double
  /// What made these weights the best, by the name of its series and its value.
  public let metric: (name: String, value: Double)?
  public let weights: Weights
  /// All that continuing from here needs; `nil` for `initial` and `best`.
  public let state: CheckpointState?

  public init(
    kind: Kind, step: Int, epoch: Int, seconds: Double, metric: (name: String, value: Double)?,
    weights: Weights, state: CheckpointState?
  ) {
    self.kind = kind
    self.step = step
    self.epoch = epoch
    self.seconds = seconds
    self.metric = metric
    self.weights = weights
    self.state = state
  }
}
