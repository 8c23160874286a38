extension Trainer {
  /// The series whose best value makes the best weights.
  var bestMetric: String {
    configuration.earlyStopping?.monitor ?? (validation == nil ? "train_loss" : "validation_loss")
  }

  /// Reports an epoch (or what there was of it), evaluates, and decides whether to go on.
  ///
  /// An evaluation ends unfinished, and decides nothing, when the run is asked to stop.
  func endEpoch(_ observer: any TrainingObserver) throws {
    flush(observer)
    let count = Double(max(progress.epochExamples, 1))
    let terms = engine.objectives.indices.map { index in
      termCounts.result(
        of: index, name: engine.objectives[index].name, rule: answerRules[index],
        metrics: epochMetrics[index])
    }
    let isList = configuration.losses.isList
    let trained = EvaluationResult(
      loss: progress.epochWeight == 0 ? 0 : progress.epochLoss / progress.epochWeight,
      accuracy: isList ? nil : terms[0].accuracy, examples: progress.epochExamples,
      terms: isList ? terms : [], metrics: isList ? [] : terms[0].metrics)
    observer.epochEnded(
      EpochRecord(
        epoch: epoch, step: step, seconds: progress.seconds, loss: trained.loss,
        accuracy: trained.accuracy, terms: trained.terms, metrics: trained.metrics,
        examplesPerSecond: progress.epochSeconds > 0 ? count / progress.epochSeconds : 0))
    progress.epochLoss = 0
    progress.epochWeight = 0
    termCounts.clear()
    for metrics in epochMetrics { metrics.clear() }
    progress.epochExamples = 0
    progress.epochSeconds = 0

    // From here on the averaged weights are looked at, where there are any.
    try engine.standIn(step: step, examples: examples)
    defer { engine.standBack() }
    if let validation {
      guard let result = try? validation.run(afterBatch: checkWishes) else { return }
      progress.validation = result
      progress.seconds = elapsedSeconds()
    }
    let isBest = noteBest(trained: trained)
    if let result = progress.validation, validation != nil {
      observer.evaluated(
        EvaluationRecord(
          part: .validation, step: step, epoch: epoch, seconds: progress.seconds, result: result,
          isBest: isBest))
    }
    if isBest { observer.checkpointReached(bestCheckpoint()) }
    observeEvaluation(trained, observer)
  }

  func value(of series: String, trained: EvaluationResult) -> Double? {
    let part = series.prefix { $0 != "_" }
    return (part == "train" ? trained : progress.validation)?
      .value(of: String(series.dropFirst(part.count + 1)))
  }

  /// Whether the weights of now are the best so far; remembers them if they may be needed again.
  private func noteBest(trained: EvaluationResult) -> Bool {
    guard configuration.rangeTest == nil,
      configuration.earlyStopping?.counts(epoch: epoch) ?? true,
      let value = value(of: bestMetric, trained: trained), !value.isNaN
    else { return false }
    let larger = configuration.earlyStopping?.mode == .maximum
    if let best = progress.bestValue, larger ? value <= best : value >= best { return false }
    progress.bestValue = value
    progress.bestStep = step
    if configuration.earlyStopping?.restoreBest == true { bestWeights = engine.weights() }
    return true
  }

  private func bestCheckpoint() -> CheckpointRecord {
    CheckpointRecord(
      kind: .best, step: step, epoch: epoch, seconds: progress.seconds,
      metric: progress.bestValue.map { (bestMetric, $0) }, weights: bestWeights ?? engine.weights(),
      state: nil)
  }
}
