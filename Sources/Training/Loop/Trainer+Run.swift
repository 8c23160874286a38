extension Trainer {
  /// Trains until the run is done, is asked to end, or can't go on.
  ///
  /// The observer is called on this thread.
  public func run(observer: any TrainingObserver) throws -> Outcome {
    begin()
    guard let diagnostician else { return try train(observer) }
    let diagnosis = DiagnosingObserver(diagnostician, next: observer) { [self] in
      progress.seconds
    }
    let outcome = try train(diagnosis)
    diagnosis.end(outcome.failure)
    return outcome
  }

  private func train(_ observer: any TrainingObserver) throws -> Outcome {
    observer.trainingStarted(summary)
    if step == 0 {
      observer.checkpointReached(
        CheckpointRecord(
          kind: .initial, step: 0, epoch: 0, seconds: 0, metric: nil,
          weights: engine.weights(over: checkpointCopies), state: nil))
    }
    // A run that goes on from its last step but wasn't told of its end has only that left to do.
    while step < summary.totalSteps, !progress.stopsEarly {
      if let reason = interruption() { return try interrupt(reason, observer) }
      var failure = try takeStep(observer)
      if configuration.rangeTest != nil {
        observeRangeTest(failure, observer)
        failure = nil
      } else if failure == nil {
        failure = observeLoss(observer)
      }
      if let failure, try !recover(from: failure, observer) { return fail(failure, observer) }
      if let reason = try remedy(observer) { return try interrupt(reason, observer) }
      if step % summary.stepsPerEpoch == 0 || step == summary.totalSteps || progress.stopsEarly {
        try endEpoch(observer)
      }
      keepState(observer)
    }
    if control.isToEnd || isAtLastStep, let reason = interruption() {
      return finish(reason, observer)
    }
    if configuration.restoresWeights, let bestWeights {
      try engine.load(bestWeights)
    } else {
      try engine.standIn(step: step, examples: examples)
    }
    if let test {
      guard let result = try? test.run(afterBatch: checkWishes) else {
        return finish(interruption() ?? .stopped, observer)
      }
      lastTest = result
      observer.evaluated(
        EvaluationRecord(
          part: .test, step: step, epoch: epoch, seconds: elapsedSeconds(), result: result,
          isBest: false,
          weightsStep: configuration.earlyStopping?.restoreBest == true && bestWeights != nil
            ? progress.bestStep : step))
    }
    return finish(progress.stopsEarly ? .earlyStopped : .completed, observer)
  }

  struct Interrupted: Error {}

  /// Between the batches of an evaluation, which holds up a pause, and no other wish.
  func checkWishes() throws(Interrupted) {
    control.beat()
    if control.isToEnd { throw Interrupted() }
  }

  /// Hands a checkpoint on, when one is due.
  private func keepState(_ observer: any TrainingObserver) {
    let policy = configuration.checkpoint
    let isPeriodic = policy.everySteps.map { step % $0 == 0 } ?? false
    let isLong =
      policy.interval(cost: lastCheckpoint.cost).map {
        progress.seconds - lastCheckpoint.seconds >= $0
      } ?? false
    guard isPeriodic || isLong else { return }
    let start = elapsedSeconds()
    flush(observer)
    observer.checkpointReached(checkpoint(isPeriodic ? .periodic : .latest))
    lastCheckpoint = (progress.seconds, elapsedSeconds() - start)
  }

  private func interruption() -> Outcome.Reason? {
    control.beat()
    switch control.current {
    case .none: break
    case .pause: return .paused
    case .stop: return .stopped
    case .cancel: return .cancelled
    }
    if isAtLastStep { return .paused }
    return progress.seconds >= maximumSeconds ? .timeLimit : nil
  }

  private var isAtLastStep: Bool { lastStep.map { step >= $0 } ?? false }

  /// Ends before the end; what isn't to go on leaves the averaged weights.
  private func interrupt(
    _ reason: Outcome.Reason, _ observer: any TrainingObserver
  ) throws -> Outcome {
    if reason != .paused { try engine.standIn(step: step, examples: examples) }
    return finish(reason, observer)
  }

  private func finish(_ reason: Outcome.Reason, _ observer: any TrainingObserver) -> Outcome {
    flush(observer)
    reportCost(observer)
    let last = checkpoint(.latest)
    observer.checkpointReached(last)
    return outcome(reason, failure: nil, last: last)
  }

  private func fail(_ failure: TrainingFailure, _ observer: any TrainingObserver) -> Outcome {
    flush(observer)
    var failure = failure
    // A loss that isn't finite is seen before the parameters move.
    if !failure.autopsy.loss.isFinite {
      failure.autopsy.weightsStep = step - 1
      observer.checkpointReached(
        CheckpointRecord(
          kind: .latest, step: step - 1, epoch: epoch, seconds: progress.seconds, metric: nil,
          weights: engine.weights(), state: nil))
    } else if failure.autopsy.weightsStep == step {
      observer.checkpointReached(
        CheckpointRecord(
          kind: .latest, step: step, epoch: epoch, seconds: progress.seconds, metric: nil,
          weights: engine.weights(), state: nil))
    }
    observer.logged(LogRecord(level: .error, message: failure.message, step: step))
    return outcome(failure.reason, failure: failure, last: nil)
  }

  private func outcome(
    _ reason: Outcome.Reason, failure: TrainingFailure?, last: CheckpointRecord?
  ) -> Outcome {
    Outcome(
      reason: reason, failure: failure, step: step, epoch: epoch, seconds: progress.seconds,
      weights: last?.weights, best: progress.bestValue.map { (bestMetric, $0, progress.bestStep) },
      state: last?.state, validation: progress.validation, test: lastTest)
  }

  /// Hands the steps taken since the last block on.
  func flush(_ observer: any TrainingObserver) {
    lastFlush = progress.seconds
    flushHistograms(observer)
    observeCost(observer)
    if block.isEmpty { return }
    observer.stepsTaken(block)
    block.clear()
  }

  func checkpoint(_ kind: CheckpointRecord.Kind) -> CheckpointRecord {
    let weights = engine.weights(over: checkpointCopies)
    progress.epochTerms = termCounts.state
    progress.diagnosis = diagnostician?.json
    let state = CheckpointState(
      step: step, weights: weights,
      optimizer: engine.optimizerState(over: checkpointCopies)
        + (gradientProbe?.state(step: step, over: checkpointCopies) ?? []) + snapshotState,
      states: engine.carriedStates(),
      metrics: epochMetrics.enumerated().flatMap { $1.state($0) },
      bestWeights: configuration.restoresWeights ? bestWeights : nil, progress: progress)
    return CheckpointRecord(
      kind: kind, step: step, epoch: epoch, seconds: progress.seconds, metric: nil,
      weights: weights, state: state)
  }
}
