import JSON
import Optimizers
import Tensors

/// All that continuing a run needs: a run that goes on from here ends in the bits of one that was never interrupted.
///
/// What isn't here is a function of the seed and the step: the order of the examples, dropout.
public struct CheckpointState: Sendable {
  /// The steps taken.
  public let step: Int
  public let weights: Weights
  /// The optimizer's memory, named `<slot>.<parameter>`.
  public let optimizer: [NamedTensor]
  /// What stateful layers hand on to the next batch.
  public let states: [NamedTensor]
  /// What was counted for the metrics of the epoch under way, named `<objective>.<tally>`.
  public let metrics: [NamedTensor]
  /// The weights of the best validation so far, when the run may have to go back to them.
  public let bestWeights: Weights?
  public let progress: Progress

  /// What an epoch came to so far by one of the objectives.
  public struct TermSum: Hashable, Sendable {
    /// Of the losses, each by what its batch weighs.
    public var loss = 0.0
    public var weight = 0.0
    /// Of the answers, those that are right.
    public var right = 0
    public var answers = 0

    public init() {}
  }

  /// The small numbers of a run's progress.
  public struct Progress: Hashable, Sendable {
    /// Of training so far.
    public var seconds = 0.0
    /// Sums over the examples of the epoch under way.
    public var epochLoss = 0.0
    /// What the examples weigh in the loss: their number, but for losses that weigh them.
    public var epochWeight = 0.0
    /// For each objective.
    public var epochTerms: [TermSum] = []
    public var epochExamples = 0
    public var epochSeconds = 0.0
    public var smallestLoss = Double.infinity
    public var lastLoss = 0.0
    public var bestValue: Double?
    public var bestStep = 0
    public var earlyStopping = EarlyStopping.State()
    public var lossStopping = LossStopping.State()
    /// Of a schedule that goes by evaluations.
    public var plateau = PlateauRule.State()
    /// Of a range test.
    public var smoothing = LossSmoothing()
    /// Whether a rule has ended the run.
    public var stopsEarly = false
    public var validation: EvaluationResult?
    public var noise = NoiseScale()
    public var liveUnits = LiveUnits()
    public var remedies = RemedyState()
    /// What the rules of the diagnosis remember.
    public var diagnosis: JSON?

    public init() {}
  }

  public init(
    step: Int, weights: Weights, optimizer: [NamedTensor], states: [NamedTensor] = [],
    metrics: [NamedTensor] = [], bestWeights: Weights?, progress: Progress
  ) {
    self.step = step
    self.weights = weights
    self.optimizer = optimizer
    self.states = states
    self.metrics = metrics
    self.bestWeights = bestWeights
    self.progress = progress
  }
}
