/// The probes that look at whole tensors.
extension Trainer {
  /// The program for a batch size in which every layer's output can be read.
  func observedProgram(batch: Int) throws(TrainingError) -> TrainingProgram {
    if let program = observed[batch] { return program }
    let program = try engine.makeProgram(batch: batch, observesLayers: true)
    observed[batch] = program
    return program
  }

  func observeActivations(
    _ program: TrainingProgram, step: Int, _ observer: any TrainingObserver
  ) {
    let kinds = Dictionary(
      model.spec.layers.map { ($0.name, $0.layer.activation.kind) }
    ) { first, _ in first }
    let records = program.layers.map { layer in
      ActivationProbe(
        layer: layer.name, activation: kinds[layer.name] ?? .identity, shape: layer.shape
      )
      .measure(layer.output, step: step)
    }
    observer.activationsTaken(records)
  }

  func beforeUpdate(_ program: TrainingProgram, step: Int) -> [HistogramRecord] { [] }
  func afterUpdate(_ records: [HistogramRecord], step: Int, _ observer: any TrainingObserver) {}
}
