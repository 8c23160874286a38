/// Hears what a run does, while it does it.
///
/// Every call comes on the thread that trains, in the order of the events, and holds the training
/// up: an observer copies what it wants and returns. Whatever it is given never changes.
public protocol TrainingObserver: AnyObject {
  /// Before the first step.
  func trainingStarted(_ summary: TrainingSummary)
  /// Consecutive steps; over all calls every step comes once, in order.
  func stepsTaken(_ block: StepBlock)
  /// One step's histograms, before the block that has the step.
  func histogramsTaken(_ histograms: [HistogramRecord])
  /// One step's activation statistics, before the block that has the step.
  func activationsTaken(_ activations: [ActivationRecord])
  /// Values of series that aren't taken every step, before the block that has the step.
  func valuesTaken(_ values: [SeriesValue])
  func epochEnded(_ epoch: EpochRecord)
  func evaluated(_ evaluation: EvaluationRecord)
  func checkpointReached(_ checkpoint: CheckpointRecord)
  func logged(_ record: LogRecord)
  /// The rules of the diagnosis have looked at the run.
  func diagnosed(_ diagnosis: DiagnosisRecord)
}

/// An observer need hear only what it cares for.
extension TrainingObserver {
  public func trainingStarted(_ summary: TrainingSummary) {}
  public func stepsTaken(_ block: StepBlock) {}
  public func histogramsTaken(_ histograms: [HistogramRecord]) {}
  public func activationsTaken(_ activations: [ActivationRecord]) {}
  public func valuesTaken(_ values: [SeriesValue]) {}
  public func epochEnded(_ epoch: EpochRecord) {}
  public func evaluated(_ evaluation: EvaluationRecord) {}
  public func checkpointReached(_ checkpoint: CheckpointRecord) {}
  public func logged(_ record: LogRecord) {}
  public func diagnosed(_ diagnosis: DiagnosisRecord) {}
}
