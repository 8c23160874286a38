import Autodiff

/// The probes that look at whole tensors. They may allocate: the step they belong to isn't a plain one.
extension Trainer {
  /// The program for a batch size in which every layer's output can be read, and each term's gradient.
  func observedProgram(batch: Int) throws(TrainingError) -> TrainingProgram {
    if let program = observed[batch] { return program }
    let program = try engine.makeProgram(
      batch: batch, observation: block.termCount > 1 ? .all : .init(layers: true))
    observed[batch] = program
    return program
  }

  func observeActivations(
    _ program: TrainingProgram, step: Int, _ observer: any TrainingObserver
  ) {
    let records = program.layers.map { layer in
      ActivationProbe(
        layer: layer.name, activation: activations[layer.name] ?? .identity, shape: layer.shape
      ).measure(
        layer.output, gradient: layer.gradient, step: step,
        past: &progress.liveUnits.layers[layer.name, default: []])
    }
    observer.activationsTaken(records)
  }

  /// The histograms of what an update is about to change; the weights are kept to compare with after it.
  func beforeUpdate(_ program: TrainingProgram, step: Int) -> [HistogramRecord] {
    let probe = histogramProbe ?? HistogramProbe(engine)
    histogramProbe = probe
    return probe.beforeUpdate(of: model.learnedParameters, program, step: step)
  }

  func afterUpdate(_ before: [HistogramRecord], step: Int, _ observer: any TrainingObserver) {
    guard let histogramProbe else { return }
    observer.histogramsTaken(
      before + histogramProbe.afterUpdate(of: model.learnedParameters, step: step))
  }
}
