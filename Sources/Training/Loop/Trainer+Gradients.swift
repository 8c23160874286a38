/// The probes that look at gradients beside their size; see `GradientProbe`. A step on which none is due does nothing here.
extension Trainer {
  /// Takes the gradient of half the batch when statistics are due.
  func runHalf(
    of batch: UnsafeBufferPointer<Int>, step: Int
  ) throws(TrainingError) -> GradientProbe.Half? {
    let every = observation.gradientStatisticsEvery
    guard ObservationConfiguration.isDue(step, every: every) else { return nil }
    return try gradientProbe?.runHalf(of: batch, from: examples, step: step)
  }

  /// After the update of `step`, which leaves the gradients as they were.
  ///
  /// - Parameters:
  ///   - terms: whether the terms' own gradients were measured.
  ///   - half: what `runHalf` answered.
  func observeGradients(
    _ program: TrainingProgram, terms: Bool, half: GradientProbe.Half?,
    _ observer: any TrainingObserver
  ) {
    let every = observation.gradientStatisticsEvery
    let isDue = ObservationConfiguration.isDue(step, every: every)
    if terms || isDue {
      var values = terms ? termValues(program) : []
      if isDue { values += gradientValues(program, half) }
      let seconds = elapsedSeconds()
      observer.valuesTaken(
        values.map {
          SeriesValue(name: $0.name, step: step, seconds: seconds, value: $0.value)
        })
    }
    if ObservationConfiguration.isDue(step + 1, every: every) { gradientProbe?.keep(step: step) }
  }

  /// The norm of each term's gradient, and the cosine of each pair: negative where they conflict.
  private func termValues(_ program: TrainingProgram) -> [(name: String, value: Double)] {
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
    _ program: TrainingProgram, _ half: GradientProbe.Half?
  ) -> [(name: String, value: Double)] {
    guard let gradientProbe else { return [] }
    let names = model.learnedParameters.map(\.name)
    var values: [(name: String, value: Double)] = []
    if let (each, all) = gradientProbe.turn(step: step) {
      values.append(("gradient_cosine", all))
      values += zip(names, each).map { ("gradient_cosine.\($0)", $1) }
    }
    if let half, let (each, all, square) = gradientProbe.spread(half, of: program) {
      values.append(("gradient_variance", all))
      values += zip(names, each).map { ("gradient_variance.\($0)", $1) }
      if all.isFinite { progress.noise.add(variance: all, gradientSquare: square) }
      values.append(("gradient_noise_scale", progress.noise.value))
    }
    return values
  }
}
