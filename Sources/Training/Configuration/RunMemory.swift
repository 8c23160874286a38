import NeuralNetworks
import Tensors

extension Model {
  /// What a run may hold beside a step's plan, parameters, gradients and optimizer, in bytes: the copy of a checkpoint and
  /// its encoded form, the weights that early stopping or a rollback goes back to, the gradients that the next step's
  /// are compared with, and the copies that histograms are counted from.
  ///
  /// - Parameter rows: of each layer's output in a step.
  public func sideBytes(
    _ configuration: TrainingConfiguration, _ observation: ObservationConfiguration, rows: Int
  ) -> Int {
    let parameters = parameterCount * ElementType.float32.byteCount
    let state = parameters * (1 + configuration.optimizer.slots.count)
    var bytes = 2 * state
    if configuration.earlyStopping?.restoreBest == true { bytes += parameters }
    if observation.onFinding.values.contains(.rollback) { bytes += state }
    if observation.gradientStatisticsEvery > 0 { bytes += 2 * parameters }
    if observation.histogramsEvery > 0 {
      bytes += 3 * parameters + 2 * rows * layers.reduce(0) { $0 + $1.activationBytes }
    }
    return bytes
  }
}
