/// Hands everything on, and has the rules look at it now and then.
///
/// Looks are a second apart at least, so that they cost nothing beside a training; the last one is at the end.
final class DiagnosingObserver: TrainingObserver {
  /// Seconds of training between two looks.
  private static let interval = 1.0

  private let diagnostician: Diagnostician
  private let next: any TrainingObserver
  private let clock: () -> Double
  private var lastLook = 0.0

  /// - Parameter clock: seconds of training.
  init(
    _ diagnostician: Diagnostician, next: any TrainingObserver, clock: @escaping () -> Double
  ) {
    self.diagnostician = diagnostician
    self.next = next
    self.clock = clock
    lastLook = clock()
  }

  func trainingStarted(_ summary: TrainingSummary) { next.trainingStarted(summary) }

  func stepsTaken(_ block: StepBlock) {
    diagnostician.take { $0.add(block) }
    next.stepsTaken(block)
    if clock() - lastLook >= Self.interval { look() }
  }

  func histogramsTaken(_ histograms: [HistogramRecord]) { next.histogramsTaken(histograms) }

  func activationsTaken(_ activations: [ActivationRecord]) {
    diagnostician.take { $0.add(activations) }
    next.activationsTaken(activations)
  }

  func valuesTaken(_ values: [SeriesValue]) {
    diagnostician.take { $0.add(values) }
    next.valuesTaken(values)
  }

  func epochEnded(_ epoch: EpochRecord) {
    diagnostician.take { $0.add(epoch) }
    next.epochEnded(epoch)
  }

  func evaluated(_ evaluation: EvaluationRecord) {
    diagnostician.take { $0.add(evaluation) }
    next.evaluated(evaluation)
  }

  func checkpointReached(_ checkpoint: CheckpointRecord) { next.checkpointReached(checkpoint) }
  func logged(_ record: LogRecord) { next.logged(record) }
  func diagnosed(_ diagnosis: DiagnosisRecord) { next.diagnosed(diagnosis) }

  /// Has the rules look now; the run ends, perhaps by a failure.
  func end(_ failure: TrainingFailure?) {
    diagnostician.take { $0.failure = failure }
    look()
  }

  private func look() {
    lastLook = clock()
    next.diagnosed(diagnostician.record())
  }
}
