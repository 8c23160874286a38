/// How and why a run of the trainer ended.
public struct Outcome: Sendable {
  /// Why, in the words of the API.
  public enum Reason: String, Hashable, Sendable, Codable {
    case completed
    case earlyStopped = "early_stopped"
    case stopped
    case cancelled
    case paused
    case timeLimit = "time_limit"
    case diverged
    case nonFinite = "non_finite"
  }

  public let reason: Reason
  /// What went wrong, in one sentence with the step, layer and parameter; only for a failure.
  public let failure: TrainingFailure?
  /// The last step taken.
  public let step: Int
  /// The epoch of the last step.
  public let epoch: Int
  /// Of training, before this run continued included.
  public let seconds: Double
  /// The weights the run leaves: the last ones, or with `restore_best` the best ones. `nil` after a failure.
  public let weights: Weights?
  /// What the best weights were best at, and when.
  public let best: (name: String, value: Double, step: Int)?
  /// From which another trainer continues; `nil` after a failure.
  public let state: CheckpointState?
  /// The last evaluation of each kind, if any.
  public let validation: EvaluationResult?
  public let test: EvaluationResult?

  public init(
    reason: Reason, failure: TrainingFailure?, step: Int, epoch: Int, seconds: Double,
    weights: Weights?, best: (name: String, value: Double, step: Int)?, state: CheckpointState?,
    validation: EvaluationResult?, test: EvaluationResult?
  ) {
    self.reason = reason
    self.failure = failure
    self.step = step
    self.epoch = epoch
    self.seconds = seconds
    self.weights = weights
    self.best = best
    self.state = state
    self.validation = validation
    self.test = test
  }
}

/// Why a run can't go on.
public struct TrainingFailure: Error, Hashable, Sendable, CustomStringConvertible, Codable {
  public let reason: Outcome.Reason
  public let message: String
  /// At which step.
  public let step: Int
  public let layer: String?
  public let parameter: String?
  /// Where it came from, as far as that was found.
  public var autopsy: AutopsyRecord

  public var description: String { message }
}
