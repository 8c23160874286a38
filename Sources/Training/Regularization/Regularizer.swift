import Autodiff
import JSON
import Kernels
import NeuralNetworks

/// A run's penalties and constraints, bound to its parameters and gradients.
///
/// It remembers nothing from step to step: all of it is a function of the parameters and the batch.
final class Regularizer {
  /// The series that each step has a value of.
  static let series = "train_penalty"

  let hasPenalties: Bool
  /// The penalties of the last step: those on its parameters before its update, and those of its batch.
  var penalty: Double { batchPenalty + parameterPenalty }

  private let strengths: [(index: Int, l1: Double, l2: Double)]
  private let penalties: ParameterPenalties?
  private let constraints: ParameterConstraints?
  private let parameters: ParameterStore
  private let team: ThreadTeam
  /// The mean over the passes of a step, and what they weigh.
  private var batchPenalty = 0.0
  private var weight = 0.0
  private var parameterPenalty = 0.0

  /// - Parameters:
  ///   - parameters: the learned ones.
  ///   - gradients: of them, as the optimizer reads them.
  init(
    _ regularization: Regularization, of model: Model, parameters: ParameterStore,
    gradients: ParameterStore, team: ThreadTeam
  ) throws(Faults) {
    hasPenalties = regularization.hasPenalties
    strengths = try regularization.penalties(on: model)
    penalties =
      strengths.isEmpty
      ? nil
      : ParameterPenalties(
        strengths, parameters: parameters, gradients: gradients, team: team)
    let constrained = try regularization.constrained(model)
    constraints =
      constrained.isEmpty
      ? nil : ParameterConstraints(constrained, parameters: parameters, team: team)
    self.parameters = parameters
    self.team = team
  }

  /// Forgets the passes of the step before.
  func begin() { (batchPenalty, weight) = (0, 0) }

  /// Takes in a pass of the step.
  ///
  /// - Parameters:
  ///   - penalty: of the batch that passed.
  ///   - partWeight: what that weighs in the step's gradient.
  func add(penalty: Double, weight partWeight: Double) {
    weight += partWeight
    guard weight > 0 else { return }
    batchPenalty += (penalty - batchPenalty) * (partWeight / weight)
  }

  /// Adds the gradient of the penalties on parameters to that of the loss.
  ///
  /// - Parameter isFirst: whether the parameters are those of the step, rather than some beside them.
  /// - Returns: what those penalties come to.
  @discardableResult func addGradients(isFirst: Bool = true) -> Double {
    guard let penalties else { return 0 }
    penalties.run()
    if isFirst { parameterPenalty = penalties.value }
    return penalties.value
  }

  /// The same for gradients elsewhere, of as many parameters; `nil` without such penalties.
  func penalties(addingTo gradients: ParameterStore) -> ParameterPenalties? {
    strengths.isEmpty
      ? nil
      : ParameterPenalties(strengths, parameters: parameters, gradients: gradients, team: team)
  }

  /// Brings the parameters, once they are updated, to what constraints allow.
  func constrain() { constraints?.run() }
}
