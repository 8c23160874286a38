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

  /// The histograms of what an update is about to change, and the parameters to compare with after it.
  struct HistogramProbe {
    var records: [HistogramRecord] = []
    var parameters: [[Float]] = []
  }

  func beforeUpdate(_ program: TrainingProgram, step: Int) -> HistogramProbe {
    var probe = HistogramProbe()
    for (quantity, isGradient) in [(HistogramRecord.Quantity.gradient, true), (.weight, false)] {
      for (index, parameter) in model.learnedParameters.enumerated() {
        let elements = UnsafeBufferPointer(
          start: isGradient ? engine.gradientPointer(index) : engine.parameterPointer(index),
          count: parameter.shape.count)
        probe.records.append(
          HistogramRecord(
            step: step, quantity: quantity, layer: parameter.layer, parameter: parameter.name,
            histogram: ValueHistogram(of: elements)))
        if !isGradient { probe.parameters.append(Array(elements)) }
      }
    }
    for layer in program.layers {
      for (quantity, start) in [
        (HistogramRecord.Quantity.activation, layer.output), (.activationGradient, layer.gradient),
      ] {
        let elements = UnsafeBufferPointer(start: UnsafePointer(start), count: layer.shape.count)
        probe.records.append(
          HistogramRecord(
            step: step, quantity: quantity, layer: layer.name, parameter: nil,
            histogram: ValueHistogram(of: elements)))
      }
    }
    return probe
  }

  func afterUpdate(_ probe: HistogramProbe, step: Int, _ observer: any TrainingObserver) {
    var records = probe.records
    for (index, parameter) in model.learnedParameters.enumerated() {
      let after = engine.parameterPointer(index)
      var change = probe.parameters[index]
      for position in change.indices { change[position] = after[position] - change[position] }
      let histogram = change.withUnsafeBufferPointer { ValueHistogram(of: $0) }
      records.append(
        HistogramRecord(
          step: step, quantity: .update, layer: parameter.layer, parameter: parameter.name,
          histogram: histogram))
    }
    observer.histogramsTaken(records)
  }
}
