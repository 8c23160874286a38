/// The probes that look at gradients beside their size; see `GradientProbe`. A step on which none is due does nothing here.
extension Trainer {
  /// Takes the gradient of half the batch, for the statistics that are due; `nil` where the batch passes in parts, of
  /// which the first will do.
  func runHalf(
    of batch: UnsafeBufferPointer<Int>, step: Int
  ) throws(TrainingError) -> GradientProbe.Portion? {
    guard examples.parts(of: batch) == 1 else { return nil }
    return try gradientProbe?.runHalf(of: batch, from: examples, step: step)
  }

  /// After the update of `step`, which leaves the gradients as they were.
  ///
  /// - Parameters:
  ///   - terms: what the terms' own gradients come to, where they were measured.
  ///   - turns: whether statistics are due.
  ///   - portion: the gradient of a part of the batch.
  ///   - batch: examples of the batch.
  func observeGradients(
    terms: [(name: String, value: Double)]?, turns: Bool, portion: GradientProbe.Portion?,
    of batch: Int, _ observer: any TrainingObserver
  ) {
    let keeps = schedule.isDue(.gradientStatistics, at: step + 1)
    guard terms != nil || turns || keeps else { return }
    let start = schedule.now()
    if terms != nil || turns {
      var values = terms ?? []
      if turns { values += gradientValues(portion, of: batch) }
      let seconds = elapsedSeconds()
      observer.valuesTaken(
        values.map {
          SeriesValue(name: $0.name, step: step, seconds: seconds, value: $0.value)
        })
    }
    if keeps { gradientProbe?.keep(step: step) }
    schedule.spend(since: start, on: turns || keeps ? .gradientStatistics : .termGradients)
  }

  /// The norm of each term's gradient, and the cosine of each pair: negative where they conflict.
  func termValues(_ program: TrainingProgram) -> [(name: String, value: Double)] {
    guard let products = engine.balancer.products(of: program) else { return [] }
    let names = engine.objectives.map(\.name)
    let norms = names.indices.map { products[$0 * names.count + $0].squareRoot() }
    var values = zip(names, norms).map { (name: "gradient_norm.\($0)", value: $1) }
    for first in names.indices {
      for second in names.indices where second > first {
        let cosine = products[first * names.count + second] / (norms[first] * norms[second])
        values.append(("gradient_conflict.\(names[first]).\(names[second])", cosine))
      }
    }
    return values
  }

  private func gradientValues(
    _ portion: GradientProbe.Portion?, of batch: Int
  ) -> [(name: String, value: Double)] {
    guard let gradientProbe else { return [] }
    let names = model.learnedParameters.map(\.name)
    var values: [(name: String, value: Double)] = []
    if let (each, all) = gradientProbe.turn(step: step) {
      values.append(("gradient_cosine", all))
      values += zip(names, each).map { ("gradient_cosine.\($0)", $1) }
    }
    if let portion,
      let (each, all, square) = gradientProbe.spread(
        portion, of: batch, weighing: partSums.weights)
    {
      values.append(("gradient_variance", all))
      values += zip(names, each).map { ("gradient_variance.\($0)", $1) }
      if all.isFinite { progress.noise.add(variance: all, gradientSquare: square) }
      values.append(("gradient_noise_scale", progress.noise.value))
    }
    return values
  }
}
