/// The pass of a step over its batch: at once, or part after part.
extension Trainer {
  /// What the pass of a step came to.
  struct Pass {
    /// The program that ran last; what layers made of the last part is still in it.
    let program: TrainingProgram
    /// The mean loss of the batch, all objectives by their weights.
    let loss: Double
    /// What the batch weighs in the mean of an epoch.
    let weight: Double
    /// The examples that ran last: all, or the part whose loss isn't finite.
    let examples: UnsafeBufferPointer<Int>
    /// Which part of the batch they are, from 0.
    let part: Int
    /// The gradient of the first of several parts, where it was to be kept.
    var portion: GradientProbe.Portion?
  }

  /// Leaves the batch's gradients and its losses in `partSums`, and adds to the sums of the epoch what its outputs are worth.
  ///
  /// A part whose loss isn't finite is the last; then nothing is added.
  ///
  /// - Parameters:
  ///   - observing: whether layers are looked at, those of the last part.
  ///   - keepsPortion: whether the gradient of the first of several parts is kept.
  func pass(
    over batch: UnsafeBufferPointer<Int>, step: Int, observing: Bool, keepsPortion: Bool
  ) throws -> Pass {
    let parts = examples.parts(of: batch)
    partSums.clear()
    accumulation?.begin()
    engine.regularizer.begin()
    if parts > 1 {
      termCounts.mark()
      // By index, since an iterator that isn't specialised allocates.
      for index in epochMetrics.indices { epochMetrics[index].mark() }
    }
    var portion: GradientProbe.Portion?
    var part = 0
    while true {
      let rows = examples.part(part, of: batch)
      let isLast = part == parts - 1
      let length = examples.length(of: rows)
      let program =
        observing && isLast
        ? try observedProgram(batch: rows.count, length: length)
        : try engine.program(batch: rows.count, length: length)
      examples.assemble(rows, into: program.slots, step: step, part: part)
      let loss = engine.pass(program, step: step, part: part)
      guard loss.isFinite else {
        if part > 0 {
          termCounts.goBack()
          for metrics in epochMetrics { metrics.goBack() }
        }
        return Pass(
          program: program, loss: loss, weight: program.weight, examples: rows, part: part)
      }
      for index in engine.objectives.indices {
        partSums.add(program.loss(index), weight: program.weight(index), to: index)
      }
      engine.regularizer.add(penalty: program.penalty, weight: program.weight)
      count(program, batch: rows.count)
      if part == 0, !isLast, keepsPortion { portion = gradientProbe?.keepPortion(of: program) }
      accumulation?.add(weight: program.weight, isLast: isLast)
      if isLast {
        let weight = engine.objectives.count == 1 ? partSums.weight(0) : Double(batch.count)
        return Pass(
          program: program, loss: engine.balancer.total { partSums.loss($0) }, weight: weight,
          examples: rows, part: part, portion: portion)
      }
      part += 1
    }
  }

  /// Adds a part of a batch to the sums of the epoch, for each objective.
  private func count(_ program: TrainingProgram, batch: Int) {
    for index in answerRules.indices {
      termCounts.add(program.loss(index), weight: program.weight(index), to: index)
      let objective = engine.objectives[index]
      let outputs = program.outputs[objective.output]
      let classes = examples.classes(index)
      if !epochMetrics[index].isEmpty {
        epochMetrics[index].add(
          outputs: outputs, classes: classes, numbers: examples.numbers(index), batch: batch)
      }
      guard let rule = answerRules[index], let classes else { continue }
      termCounts.addAnswers(by: rule, outputs, classes, of: objective, batch: batch, to: index)
    }
  }
}
