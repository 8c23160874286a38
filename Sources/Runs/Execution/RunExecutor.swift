import JSON
import NeuralNetworks
import Store
import Training

/// All that training one run needs.
struct TrainingJob: Sendable {
  let model: Model
  let data: TrainingData
  let configuration: TrainingConfiguration
  let observation: ObservationConfiguration
  let initialWeights: Weights?
  /// Where an earlier attempt had come to.
  let resuming: CheckpointState?
  let maximumSeconds: Double?
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
}

/// Trains on the calling thread.
struct LocalExecutor: RunExecutor {
  func execute(
    _ job: TrainingJob, control: TrainingControl, observer: any TrainingObserver
  ) throws -> Outcome {
    let trainer = try Trainer(
      model: job.model, data: job.data, configuration: job.configuration,
      observation: job.observation, initialWeights: job.initialWeights, resuming: job.resuming,
      control: control, maximumSeconds: job.maximumSeconds)
    return try trainer.run(observer: observer)
  }
}
