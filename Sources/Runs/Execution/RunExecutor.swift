import Autodiff
import Datasets
import Foundation
import JSON
import NeuralNetworks
import Store
import Training

/// All that training one run needs.
struct TrainingJob: Sendable {
  let model: Model
  let data: TrainingData
  let configuration: TrainingConfiguration
  private(set) var observation: ObservationConfiguration
  let initialWeights: Weights?
  /// Where an earlier attempt had come to.
  private(set) var resuming: CheckpointState?
  let maximumSeconds: Double?
  /// After which it pauses, when it isn't to go on to its end.
  let lastStep: Int?
  /// From what another process makes the same.
  let origin: Origin

  struct Origin: Codable, Sendable {
    /// The run's request as it is carried out, as JSON.
    let request: String
    /// The folders of the datasets.
    let training: URL
    /// What the training data is to the model, as JSON, where that isn't what its folder says; `nil` elsewhere.
    let data: String?
    let validation: URL?
    let test: URL?
    /// Which of the training examples train, validate and test, where a stored split says so.
    let split: Split?
    /// Of all runs of the server, which decides the plan of a step.
    let memoryBytes: Int
    /// What the run was planned to hold.
    let runBytes: Int
    let threads: Int

    struct Split: Codable, Sendable {
      let recipe: String
      /// Has a byte an example.
      let file: URL
      let fold: Int?

      func roles(examples: Int) throws -> SplitParts.Roles {
        try SplitParts(file, recipe: SplitRecipe(JSON(parsing: recipe)), examples: examples)
          .roles(fold: fold ?? 0)
      }
    }
  }

  /// Opens the datasets, and plans what the request says.
  ///
  /// - Parameter request: that of the origin, decoded.
  init(
    _ origin: Origin, _ request: RunRequest, initialWeights: Weights?, resuming: CheckpointState?,
    maximumSeconds: Double?, lastStep: Int?
  ) throws {
    self.origin = origin
    model = try request.inlineModel()
    let training = try Dataset.open(directory: origin.training)
    let data = try TrainingData(
      origin.data.map { try training.adapted(to: DatasetDescription(JSON(parsing: $0))) }
        ?? training,
      validation: origin.validation.map { try Dataset.open(directory: $0) },
      test: origin.test.map { try Dataset.open(directory: $0) },
      roles: origin.split?.roles(examples: training.examples)
    ).crossFitted(request.training, model: model)
    self.data = data
    let sized = request.sized(by: data, model: model)
    configuration = sized.planned(
      model, stepRows: data.stepRows(sized.training), memoryBytes: origin.memoryBytes,
      threads: origin.threads)
    observation = request.observation
    self.initialWeights = initialWeights
    self.resuming = resuming
    self.maximumSeconds = maximumSeconds
    self.lastStep = lastStep
  }

  /// The same from another state, with no probes.
  func beginning(at state: CheckpointState?) -> TrainingJob {
    var job = self
    job.observation = observation.silent
    job.resuming = state ?? resuming
    return job
  }
}

/// What repeating a step that failed showed.
struct ExaminedStep: Sendable {
  /// The operation at fault; `nil` when there is no room to look for it.
  let operation: UnsoundOperation?
  /// The weights before the step.
  let checkpoint: CheckpointRecord
}

/// Trains a run to its end, wherever that happens.
///
/// The scheduler knows no more of training than this, so that a run may one day train in another
/// process or on another machine.
protocol RunExecutor: Sendable {
  /// Returns when the run has ended or paused; `control` ends it sooner.
  func execute(
    _ job: TrainingJob, control: TrainingControl, observer: any TrainingObserver
  ) throws -> Outcome

  /// Trains up to the step before one that failed, and looks at what that one does.
  ///
  /// - Returns: `nil` when that would take too long, or `control` ended it.
  func examine(
    _ job: TrainingJob, step: Int, control: TrainingControl
  ) throws -> ExaminedStep?
}

/// Trains on the calling thread.
struct LocalExecutor: RunExecutor {
  func execute(
    _ job: TrainingJob, control: TrainingControl, observer: any TrainingObserver
  ) throws -> Outcome {
    let trainer = try Trainer(
      model: job.model, data: job.data, configuration: job.configuration,
      observation: job.observation, initialWeights: job.initialWeights, resuming: job.resuming,
      control: control, maximumSeconds: job.maximumSeconds, lastStep: job.lastStep)
    return try trainer.run(observer: observer)
  }

  /// Seconds that a run is repeated for at most.
  private static let longestReplay = 60.0

  func examine(
    _ job: TrainingJob, step: Int, control: TrainingControl
  ) throws -> ExaminedStep? {
    let trainer = try Trainer(
      model: job.model, data: job.data, configuration: job.configuration,
      observation: job.observation, initialWeights: job.initialWeights, resuming: job.resuming,
      control: control,
      maximumSeconds: (job.resuming?.progress.seconds ?? 0) + Self.longestReplay,
      lastStep: step - 1)
    let outcome = try trainer.run(observer: Deaf())
    guard outcome.step == step - 1, outcome.failure == nil, let weights = outcome.weights else {
      return nil
    }
    return ExaminedStep(
      operation: try trainer.examineNextStep(),
      checkpoint: CheckpointRecord(
        kind: .latest, step: outcome.step, epoch: outcome.epoch, seconds: outcome.seconds,
        metric: nil, weights: weights, state: nil))
  }
}

/// Hears nothing.
private final class Deaf: TrainingObserver {}
