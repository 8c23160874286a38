import Autodiff
import Dispatch
import JSON
import Kernels
import NeuralNetworks
import Optimizers
import Tensors

/// Trains one model on one dataset, synchronously, on the thread that calls `run(observer:)`.
///
/// A run is a function of model, data and configuration alone: two trainers end in the same bits,
/// at any number of threads, and one that goes on from a `CheckpointState` ends in the bits of one
/// that was never interrupted. A trainer runs once.
public final class Trainer {
  /// What is known of the run before its first step.
  public let summary: TrainingSummary

  let model: Model
  let configuration: TrainingConfiguration
  let observation: ObservationConfiguration
  let control: TrainingControl
  let maximumSeconds: Double
  /// The step after which the run pauses.
  let lastStep: Int?

  let engine: TrainingEngine
  let examples: ExampleOrder
  let validation: Evaluation?
  let test: Evaluation?
  /// One an objective; `nil` where no accuracy is measured.
  let answerRules: [AnswerRule?]
  let termCounts: TermCounts
  let partSums: PartSums
  /// `nil` when batches pass at once.
  let accumulation: GradientAccumulation?
  let passes: BatchPasses
  /// One an objective, over the epoch under way.
  let epochMetrics: [ObjectiveMetrics]
  /// `nil` when no diagnosis is asked for.
  let diagnostician: Diagnostician?
  /// `nil` when no gradient statistics are asked for.
  let gradientProbe: GradientProbe?
  /// The activation of each layer, by its name.
  let activations: [String: Activation]
  /// When each probe is due.
  var schedule: ProbeSchedule
  var lastCostReport = 0.0
  /// Made when histograms are first due.
  var histogramProbe: HistogramProbe?
  /// To what a rollback goes back.
  var snapshot: (weights: Weights, optimizer: [NamedTensor])?
  /// Programs with which layers are observed; made when first needed.
  var observed: [TrainingProgram] = []

  /// Steps taken.
  var step: Int
  var progress: CheckpointState.Progress
  var bestWeights: Weights?
  var lastTest: EvaluationResult?
  var block: StepBlock
  let longestBlock: Int
  /// When `run(observer:)` began, less the seconds trained before; in nanoseconds.
  var startTime: UInt64 = 0
  var lastFlush = 0.0
  /// When the state was last kept, and the seconds that took of this thread.
  var lastCheckpoint = (seconds: 0.0, cost: 0.0)
  let checkpointCopies = ReusedCopies()

  /// - Parameters:
  ///   - initialWeights: to begin with, instead of the initializers'; every parameter by its name.
  ///   - resuming: where an earlier run of the same model, data and configuration had come to.
  ///   - control: through which others stop the run.
  ///   - maximumSeconds: of training, after which the run ends with `time_limit`.
  ///   - lastStep: after which the run pauses, when it isn't to go on to its end.
  /// - Throws: `Faults` when the parts don't go together, as `faults(model:…)` finds them;
  ///   `TrainingError` when the plan can't be made or the state is of another run.
  public init(
    model: Model, data: TrainingData, configuration: TrainingConfiguration,
    observation: ObservationConfiguration = ObservationConfiguration(),
    initialWeights: Weights? = nil, resuming: CheckpointState? = nil,
    control: TrainingControl = TrainingControl(), maximumSeconds: Double? = nil,
    lastStep: Int? = nil
  ) throws {
    try data.faults(model: model, configuration: configuration).check()
    let parts = data.split(configuration, model: model)
    let configuration = data.sized(configuration, parts)
    self.model = model
    activations = Dictionary(model.spec.layers.map { ($0.name, $0.layer.activation) }) {
      first, _ in first
    }
    self.configuration = configuration
    self.observation = observation
    schedule = ProbeSchedule(observation)
    self.control = control
    self.maximumSeconds = maximumSeconds ?? .infinity
    self.lastStep = lastStep

    let objectives = try data.objectives(model: model, configuration: configuration)
    answerRules = objectives.map { configuration.metrics.measureAccuracy ? AnswerRule($0) : nil }
    let epochMetrics = objectives.map { objective in
      ObjectiveMetrics(
        configuration.metrics, of: objective, output: model.outputs[objective.output],
        for: .training)
    }
    self.epochMetrics = epochMetrics
    examples = try ExampleOrder(
      source: data.training, examples: parts.training, objectives: objectives,
      model: model, configuration: configuration,
      keepsNumbers: epochMetrics.contains(where: \.wantsNumbers))
    let engine = try TrainingEngine(
      model: model, configuration: configuration, objectives: objectives,
      shared: data.shared(model: model, objectives, configuration),
      initialWeights: initialWeights, source: data.graph?.graph,
      stepsPerEpoch: examples.batchesPerEpoch, mayClip: observation.mayClip)
    self.engine = engine
    for batch in examples.passSizes {
      try engine.prepare(batch: batch)
      for length in examples.shortLengths { try engine.prepare(batch: batch, length: length) }
    }
    let isEvaluated = configuration.rangeTest == nil
    validation = try (isEvaluated ? parts.validation : nil).map {
      try engine.evaluation(
        of: $0.source, examples: $0.examples, doubtsLabels: observation.diagnoses)
    }
    test = try (isEvaluated ? data.testPart : nil).map {
      try engine.evaluation(of: $0.source, examples: $0.examples)
    }

    step = resuming?.step ?? 0
    progress = resuming?.progress ?? CheckpointState.Progress()
    termCounts = TermCounts(progress.epochTerms, count: objectives.count)
    partSums = PartSums(objectives: objectives.count)
    accumulation =
      configuration.accumulate > 1 && engine.gradients.count > 0
      ? GradientAccumulation(engine.gradients, team: engine.team) : nil
    passes = BatchPasses(engine, examples: examples, accumulation: accumulation)
    for (index, metrics) in epochMetrics.enumerated() {
      metrics.restore(resuming?.metrics ?? [], index)
    }
    bestWeights = resuming?.bestWeights
    gradientProbe = observation.gradientStatisticsEvery > 0 ? GradientProbe(engine) : nil
    if let resuming {
      try engine.restore(resuming)
      try gradientProbe?.restore(resuming.optimizer, step: resuming.step)
    }
    block = StepBlock(
      parameterCount: model.learnedIndices.count,
      termCount: configuration.losses.isList ? objectives.count : 0,
      ownCount: engine.stepSeries.count)
    longestBlock = Self.longestBlock(parameters: model.learnedIndices.count)
    block.reserve(longestBlock, clips: !configuration.treatment.isNothing || observation.mayClip)

    let stepsPerEpoch = examples.batchesPerEpoch
    engine.length = configuration.duration.length(stepsPerEpoch: stepsPerEpoch)
    let totalSteps = engine.length.steps
    diagnostician =
      observation.diagnoses
      ? Diagnostician(
        facts: RunFacts(
          model,
          data: DataFacts(
            data.training, members: parts.training, validation: parts.validation),
          batchSize: examples.passSizes[0], totalSteps: totalSteps, stepsPerEpoch: stepsPerEpoch,
          hasValidation: validation != nil,
          firstSteps: configuration.optimizers.firstSteps(
            model.learnedParameters.map { ($0.layer, $0.name) }, perEpoch: stepsPerEpoch))) : nil
    if let stored = progress.diagnosis { diagnostician?.restore(stored) }
    summary = TrainingSummary(
      totalSteps: totalSteps, stepsPerEpoch: stepsPerEpoch, resumedStep: step,
      trainingExamples: examples.count, validationExamples: validation?.examples ?? 0,
      testExamples: test?.examples ?? 0,
      parameters: model.learnedParameters.map {
        TrainingSummary.Parameter(
          name: $0.name, layer: $0.layer, shape: $0.shape.dimensions, trainable: $0.trainable)
      },
      terms: configuration.losses.isList ? objectives.map(\.name) : [],
      stepSeries: engine.stepSeries,
      plannedBytes: engine.plannedBytes)
    if let resuming { restoreSnapshot(resuming.optimizer) }
    applyRemedies()
    restorePlateau()
    beginRangeTest()
  }

  /// Steps a block holds at most: as many as keep it to about a megabyte and a half.
  static func longestBlock(parameters: Int) -> Int { max(1, min(512, 32_768 / max(parameters, 1))) }
  /// Seconds after which a block is handed on.
  static let flushInterval = 0.1

  /// The epoch of the last step, from 1; 0 before the first.
  var epoch: Int { step == 0 ? 0 : (step - 1) / summary.stepsPerEpoch + 1 }

  /// Starts the clock, where the run before this one had stopped it.
  func begin() {
    startTime = DispatchTime.now().uptimeNanoseconds &- UInt64(progress.seconds * 1e9)
    lastFlush = progress.seconds
    lastCheckpoint = (progress.seconds, 0)
    lastCostReport = progress.seconds
  }

  func elapsedSeconds() -> Double {
    Double(DispatchTime.now().uptimeNanoseconds &- startTime) * 1e-9
  }
}
