import JSON

/// When a run ends before its time, and cuts of the rate by what evaluations come to.
extension Trainer {
  /// Notes that the run ends with the step it has come to, and says why.
  func endEarly(_ reason: String, _ observer: any TrainingObserver) {
    if step < summary.totalSteps { progress.stopsEarly = true }
    observer.logged(LogRecord(level: .info, message: reason, step: step))
  }

  /// Looks at the loss of the step just taken.
  ///
  /// - Returns: why the run can't go on, if it can't.
  func observeLoss(_ observer: any TrainingObserver) -> TrainingFailure? {
    switch configuration.lossStopping.observe(
      progress.lastLoss, step: step, &progress.lossStopping)
    {
    case .goOn: return nil
    case .stop(let reason):
      endEarly(reason, observer)
      return nil
    case .diverged(let reason):
      var autopsy = AutopsyRecord(
        step: step, epoch: epoch, loss: progress.lastLoss,
        learningRate: engine.learningRate(step: step), phase: .unknown, operation: nil, layer: nil,
        parameter: nil, examples: Array(examples.batch(step - 1)), unsoundExamples: [])
      // Its loss is finite, and so are the weights after it: nothing is to be looked for.
      autopsy.weightsStep = step
      return TrainingFailure(
        reason: .diverged, message: reason, step: step, layer: nil, parameter: nil,
        autopsy: autopsy)
    }
  }

  /// Hands what an evaluation came to to early stopping and to the schedule.
  ///
  /// - Parameter trained: what the epoch came to in training.
  func observeEvaluation(_ trained: EvaluationResult, _ observer: any TrainingObserver) {
    if let stopping = configuration.earlyStopping, stopping.counts(epoch: epoch) {
      let value = value(of: stopping.monitor, trained: trained) ?? .nan
      if let reason = stopping.observe(value, &progress.earlyStopping).reason {
        endEarly(reason, observer)
      }
    }
    guard let rule = configuration.schedule.plateau, let watched = configuration.plateauMonitor,
      step > configuration.schedule.warmup.steps(perEpoch: summary.stepsPerEpoch)
    else { return }
    let rate = configuration.optimizer.learningRate
    let before = progress.plateau.scale
    let isCut = rule.observe(
      value(of: watched.monitor, trained: trained) ?? .nan, of: watched.monitor,
      isLarger: watched.isLarger, rate: rate, &progress.plateau)
    engine.plateauScale = progress.plateau.scale
    guard isCut else { return }
    observer.logged(
      LogRecord(
        level: .info,
        message:
          "\(watched.monitor) has not improved for \(rule.patience + 1) epochs; the learning rate is cut from "
          + "\(rate * before) to \(rate * progress.plateau.scale)", step: step))
  }

  /// Brings the rate to what evaluations have made of it.
  func restorePlateau() {
    if configuration.schedule.plateau != nil { engine.plateauScale = progress.plateau.scale }
  }
}
