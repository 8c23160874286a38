import NeuralNetworks
import Tensors

extension Model {
  /// What a run may hold beside a step's plan, parameters, gradients and optimizer, in bytes: the copy of a checkpoint and
  /// its encoded form, the weights that early stopping or a rollback goes back to, the gradients that the next step's
  /// are compared with, the copies that histograms are counted from, and what metrics count.
  ///
  /// - Parameter rows: of each layer's output in a step.
  public func sideBytes(
    _ configuration: TrainingConfiguration, _ observation: ObservationConfiguration, rows: Int
  ) -> Int {
    let parameters = parameterCount * ElementType.float32.byteCount
    let state =
      parameters * (configuration.average == nil ? 1 : 2) + optimizerBytes(configuration)
    var bytes = 2 * state
    if configuration.restoresWeights { bytes += parameters }
    if observation.onFinding.values.contains(.rollback) { bytes += state }
    if observation.gradientStatisticsEvery > 0 { bytes += 2 * parameters }
    if observation.histogramsEvery > 0 {
      bytes += 3 * parameters + 2 * rows * layers.reduce(0) { $0 + $1.activationBytes }
    }
    return bytes + configuration.metrics.bytes(of: self)
  }
}

extension [any Metric] {
  /// What counting for them may hold, in bytes: over an epoch, in its checkpoint, and in an evaluation.
  func bytes(of model: Model) -> Int {
    let kinds = Set(flatMap(\.tallies))
    let width = model.outputs.map { $0.shape.dimensions.last ?? 1 }.max() ?? 1
    var bytes = 0
    if kinds.contains(.scores) {
      // All scores of an evaluation with their classes, and the keys by which those of one class are sorted.
      bytes += ScoreTally.mostScores * (MemoryLayout<Float>.size * 2 + MemoryLayout<UInt64>.size)
      bytes +=
        3 * Swift.min(width, ScoreTally.mostClasses) * 2 * ScoreTally.bins
        * MemoryLayout<Double>.size
    }
    if kinds.contains(.numbers) {
      let numbers = model.outputs.map(\.shape.count).max() ?? 1
      bytes += 3 * numbers * NumberTally.sums * MemoryLayout<Double>.size
    }
    return bytes
  }
}
