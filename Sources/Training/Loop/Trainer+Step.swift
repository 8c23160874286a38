extension Trainer {
  /// Takes one step; answers why the run can't go on, if it can't.
  func takeStep(_ observer: any TrainingObserver) throws -> TrainingFailure? {
    let began = progress.seconds
    let batch = examples.batch(step)
    if step % summary.stepsPerEpoch == 0 { engine.resetStates() }
    let next = step + 1
    let observesLayers = ObservationConfiguration.isDue(next, every: observation.activationsEvery)
    let takesHistograms = ObservationConfiguration.isDue(next, every: observation.histogramsEvery)
    let program =
      observesLayers || takesHistograms
      ? try observedProgram(batch: batch.count) : try engine.program(batch: batch.count)
    examples.assemble(batch, into: program.slots)
    let loss = engine.pass(program, step: next)
    if !loss.isFinite {
      step = next
      record(loss: loss, learningRate: engine.learningRate(step: next), measured: false, observer)
      return try lossFailure(loss, batch: batch)
    }
    progress.smallestLoss = min(progress.smallestLoss, loss)
    progress.lastLoss = loss
    let weight = program.weight
    progress.epochLoss += loss * weight
    progress.epochWeight += weight
    progress.epochExamples += batch.count
    if let answerRule, let classes = examples.classes(0) {
      let objective = engine.objectives[0]
      let counted = answerRule.count(
        outputs: program.outputs[objective.output], classes: classes,
        rows: batch.count * objective.places, width: objective.answerWidth)
      progress.epochRight += counted.right
      progress.epochAnswers += counted.answers
    }

    let probes = takesHistograms ? beforeUpdate(program, step: next) : nil
    if observesLayers { observeActivations(program, step: next, observer) }
    let rate = engine.learningRate(step: next)
    let isSound = engine.update(step: next, learningRate: rate)
    if let probes { afterUpdate(probes, step: next, observer) }
    step = next
    let measured =
      !isSound || ObservationConfiguration.isDue(next, every: observation.gradientNormsEvery)
    record(loss: loss, learningRate: rate, measured: measured, observer)
    progress.epochSeconds += progress.seconds - began
    return isSound ? nil : gradientFailure(loss: loss)
  }

  private func record(
    loss: Double, learningRate: Double, measured: Bool, _ observer: any TrainingObserver
  ) {
    progress.seconds = elapsedSeconds()
    if block.isEmpty { block.firstStep = step }
    if measured {
      block.measured.append(Int32(truncatingIfNeeded: block.count))
      engine.appendGradients(to: &block)
    }
    block.losses.append(loss)
    block.learningRates.append(learningRate)
    block.epochs.append(Int32(truncatingIfNeeded: epoch))
    block.seconds.append(progress.seconds)
    if block.count == longestBlock || progress.seconds - lastFlush >= Self.flushInterval {
      flush(observer)
    }
  }
}
