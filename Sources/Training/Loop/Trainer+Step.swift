extension Trainer {
  /// Takes one step; answers why the run can't go on, if it can't.
  func takeStep(_ observer: any TrainingObserver) throws -> TrainingFailure? {
    let began = progress.seconds
    let batch = examples.batch(step)
    if step % summary.stepsPerEpoch == 0 { engine.resetStates() }
    let next = step + 1
    let observesLayers = schedule.isDue(.activations, at: next)
    let takesHistograms = schedule.isDue(.histograms, at: next)
    let observesTerms = block.termCount > 0 && schedule.isDue(.termGradients, at: next)
    let observesTurns = schedule.isDue(.gradientStatistics, at: next)
    let observing: ProbeSchedule.Probe? =
      observesTerms
      ? .termGradients : observesLayers ? .activations : takesHistograms ? .histograms : nil
    let started = schedule.now()
    let half = observesTurns ? try runHalf(of: batch, step: next) : nil
    let halved = schedule.now()
    if observesTurns { schedule.spend(halved - started, on: .gradientStatistics) }
    let pass = try pass(
      over: batch, step: next, observing: observing != nil, keepsPortion: observesTurns)
    let program = pass.program
    let loss = pass.loss
    schedule.passed(schedule.now() - halved, for: observing)
    if !loss.isFinite {
      step = next
      recordTerms { program.loss($0) }
      record(loss: loss, learningRate: engine.learningRate(step: next), measured: false, observer)
      return try lossFailure(loss, batch: pass.examples, part: pass.part)
    }
    progress.smallestLoss = min(progress.smallestLoss, loss)
    progress.lastLoss = loss
    progress.epochLoss += loss * pass.weight
    progress.epochWeight += pass.weight
    progress.epochExamples += batch.count

    engine.completeGradients(step: next)
    if half != nil || pass.portion != nil { gradientProbe?.completePortion() }
    let histograms = takesHistograms ? beginHistograms(program) : nil
    if observesLayers {
      let start = schedule.now()
      observeActivations(program, step: next, observer)
      schedule.spend(since: start, on: .activations)
    }
    let rate = engine.learningRate(step: next)
    // The weights of this step, before what is learned of them moves on.
    recordTerms(partSums.loss)
    // Those too, before other passes take their place.
    let termValues = observesTerms ? termValues(program) : []
    passes.begin(batch, step: next, after: program)
    let isSound = engine.update(
      after: program, over: passes, loss: loss, step: next, learningRate: rate)
    if let histograms { endHistograms(histograms, step: next) }
    step = next
    observeGradients(
      terms: observesTerms ? termValues : nil, turns: observesTurns,
      portion: half ?? pass.portion, of: batch.count, observer)
    let measured =
      !isSound || ObservationConfiguration.isDue(next, every: observation.gradientNormsEvery)
    record(loss: loss, learningRate: rate, measured: measured, observer)
    progress.epochSeconds += progress.seconds - began
    schedule.ended(progress.seconds - began) { probe in
      switch probe {
      case .histograms: takesHistograms
      case .activations: observesLayers
      case .termGradients: observesTerms
      case .gradientStatistics: observesTurns
      }
    }
    return isSound ? nil : gradientFailure(loss: loss, batch: batch)
  }

  private func recordTerms(_ loss: (Int) -> Double) {
    for index in 0..<block.termCount {
      block.termLosses.append(loss(index))
      block.termWeights.append(engine.balancer.weight(index))
    }
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
    engine.appendSeries(to: &block, isComplete: loss.isFinite)
    block.losses.append(loss)
    block.learningRates.append(learningRate)
    block.epochs.append(Int32(truncatingIfNeeded: epoch))
    block.seconds.append(progress.seconds)
    let isTime =
      hasRemedies
      ? step % Self.remedyInterval == 0 : progress.seconds - lastFlush >= Self.flushInterval
    if block.count == longestBlock || isTime {
      flush(observer)
    }
  }
}
