import Autodiff
import Foundation
import JSON
import Store
import Training

/// What a worker process is told at its beginning.
struct WorkerJob: Codable {
  enum Task: Codable {
    case train
    /// Repeats a run up to the step before one that failed, and looks at that.
    case examine(step: Int)
  }

  let task: Task
  let origin: TrainingJob.Origin
  let maximumSeconds: Double?
  let lastStep: Int?
  /// As files of their own: where an earlier attempt had come to, and the weights to begin with.
  let resuming: Data?
  let initialWeights: Data?
  let isPartial: Bool
  init(_ job: TrainingJob, task: Task) throws {
    self.task = task
    origin = job.origin
    maximumSeconds = job.maximumSeconds
    lastStep = job.lastStep
    resuming = try job.resuming.map { Data(try $0.encoded()) }
    initialWeights = try job.initialWeights.map {
      Data(try WeightsFile.safetensors.encoded($0))
    }
    isPartial = job.initialWeights?.isPartial ?? false
  }
}

/// What a worker process tells, in the order in which it happens.
enum WorkerMessage: Codable {
  case started(TrainingSummary)
  case steps(StepBlock)
  case histograms([Histogram])
  case activations([ActivationRecord])
  case values([SeriesValue])
  case epoch(EpochRecord)
  case evaluated(EvaluationRecord)
  case checkpoint(Checkpoint)
  case logged(LogRecord)
  case diagnosed(step: Int, findings: [String], vanishingIndex: Double?)
  /// Nothing but that it goes on.
  case beat
  case ended(Ending)
  /// `nil` when repeating the run would have taken too long, or was asked to end.
  case examined(Examined?)
  /// It couldn't be carried out.
  case failed(reason: StateReason, title: String, detail: String)

  struct Histogram: Codable {
    let step: Int
    let quantity: HistogramRecord.Quantity
    let layer: String
    let parameter: String?
    let bytes: Data
  }

  struct Checkpoint: Codable {
    let kind: CheckpointRecord.Kind
    let step: Int
    let epoch: Int
    let seconds: Double
    let metricName: String?
    let metricValue: Double?
    let weights: Data
    let state: Data?
  }

  struct Examined: Codable {
    let operation: UnsoundOperation?
    let checkpoint: Checkpoint
  }

  struct Ending: Codable {
    let reason: Outcome.Reason
    let failure: TrainingFailure?
    let step: Int
    let epoch: Int
    let seconds: Double
    let bestName: String?
    let bestValue: Double?
    let bestStep: Int?
    let validation: EvaluationResult?
    let test: EvaluationResult?
  }
}

// MARK: - Records and messages

extension WorkerMessage.Histogram {
  init(_ record: HistogramRecord) {
    self.init(
      step: record.step, quantity: record.quantity, layer: record.layer,
      parameter: record.parameter, bytes: Data(record.histogram.encoded()))
  }

  func record() throws -> HistogramRecord {
    guard let histogram = ValueHistogram(encoded: [UInt8](bytes)) else {
      throw WorkerError.unintelligible
    }
    return HistogramRecord(
      step: step, quantity: quantity, layer: layer, parameter: parameter, histogram: histogram)
  }
}

extension WorkerMessage.Checkpoint {
  init(_ record: CheckpointRecord) throws {
    self.init(
      kind: record.kind, step: record.step, epoch: record.epoch, seconds: record.seconds,
      metricName: record.metric?.name, metricValue: record.metric?.value,
      weights: Data(try WeightsFile.safetensors.encoded(record.weights)),
      state: try record.state.map { Data(try $0.encoded()) })
  }

  func record() throws -> CheckpointRecord {
    CheckpointRecord(
      kind: kind, step: step, epoch: epoch, seconds: seconds,
      metric: metricName.map { ($0, metricValue ?? .nan) },
      weights: Weights(try WeightsFile.safetensors.decoded([UInt8](weights))),
      state: try state.map { try CheckpointState(decoding: [UInt8]($0)) })
  }
}

extension WorkerMessage.Examined {
  init(_ step: ExaminedStep) throws {
    self.init(
      operation: step.operation, checkpoint: try WorkerMessage.Checkpoint(step.checkpoint))
  }

  func step() throws -> ExaminedStep {
    ExaminedStep(operation: operation, checkpoint: try checkpoint.record())
  }
}

extension WorkerMessage.Ending {
  init(_ outcome: Outcome) {
    self.init(
      reason: outcome.reason, failure: outcome.failure, step: outcome.step, epoch: outcome.epoch,
      seconds: outcome.seconds, bestName: outcome.best?.name, bestValue: outcome.best?.value,
      bestStep: outcome.best?.step, validation: outcome.validation, test: outcome.test)
  }

  /// Without the weights, which came as a checkpoint.
  var outcome: Outcome {
    Outcome(
      reason: reason, failure: failure, step: step, epoch: epoch, seconds: seconds, weights: nil,
      best: bestName.map { ($0, bestValue ?? .nan, bestStep ?? 0) }, state: nil,
      validation: validation, test: test)
  }
}

extension WorkerMessage {
  /// Hands what was told on to an observer; `nil` for what is no observation.
  func tell(_ observer: any TrainingObserver) throws {
    switch self {
    case .started(let summary): observer.trainingStarted(summary)
    case .steps(let block): observer.stepsTaken(block)
    case .histograms(let all): observer.histogramsTaken(try all.map { try $0.record() })
    case .activations(let all): observer.activationsTaken(all)
    case .values(let values): observer.valuesTaken(values)
    case .epoch(let epoch): observer.epochEnded(epoch)
    case .evaluated(let evaluation): observer.evaluated(evaluation)
    case .checkpoint(let checkpoint): observer.checkpointReached(try checkpoint.record())
    case .logged(let record): observer.logged(record)
    case .diagnosed(let step, let findings, let index):
      observer.diagnosed(
        DiagnosisRecord(
          step: step, findings: try findings.compactMap { Finding(try JSON(parsing: $0)) },
          vanishingIndex: index))
    case .beat, .ended, .examined, .failed: break
    }
  }
}

/// Why a worker process didn't carry a run out.
enum WorkerError: Error, CustomStringConvertible {
  /// It said so itself.
  case failed(StateReason, title: String, detail: String)
  /// A signal ended it, or it ended without a word.
  case died(signal: Int?)
  case unintelligible
  case cannotStart(String)

  var description: String {
    switch self {
    case .failed(_, _, let detail): detail
    case .died(let signal?): "the worker process died of signal \(signal)"
    case .died(nil): "the worker process ended without a word"
    case .unintelligible: "the worker process said something that makes no sense"
    case .cannotStart(let why): "no worker process could be started: \(why)"
    }
  }
}
