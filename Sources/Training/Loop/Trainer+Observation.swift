import Autodiff

/// The probes that look at whole tensors. They may allocate: the step they belong to isn't a plain one.
extension Trainer {
  /// The program for a batch size in which every layer's output can be read, and each term's gradient.
  func observedProgram(batch: Int, length: Int?) throws(TrainingError) -> TrainingProgram {
    if let program = observed.first(where: { $0.fits(batch: batch, length: length) }) {
      return program
    }
    let program = try engine.makeProgram(
      batch: batch, length: length, observation: block.termCount > 1 ? .all : .init(layers: true))
    observed.append(program)
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

  /// Begins the histograms of a step, whose update is to come.
  func beginHistograms(_ program: TrainingProgram) -> HistogramProbe {
    let start = schedule.now()
    let probe = histogramProbe ?? HistogramProbe(engine)
    histogramProbe = probe
    probe.beforeUpdate(program)
    schedule.spend(since: start, on: .histograms)
    return probe
  }

  func endHistograms(_ probe: HistogramProbe, step: Int) {
    let start = schedule.now()
    probe.afterUpdate(step: step)
    schedule.spend(since: start, on: .histograms)
  }

  /// Hands on the histograms of the steps since the last time.
  func flushHistograms(_ observer: any TrainingObserver) {
    for records in histogramProbe?.take() ?? [] { observer.histogramsTaken(records) }
  }
}
