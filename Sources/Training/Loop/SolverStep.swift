import Autodiff
import Kernels
import Optimizers

/// A solver's step, with what is recorded of it: the gradients as they were, and how far each parameter moved.
final class SolverStep {
  /// Copies of the learned parameters that it holds.
  static let copies = 2

  let solver: any StepSolver
  private let parameters: ParameterStore
  private let gradients: ParameterStore
  private let parametersBefore: ParameterStore
  private let gradientsBefore: ParameterStore
  /// Of each parameter, before the step: its squares, and those of how far it moved.
  private(set) var movements: [(weightSquares: Double, updateSquares: Double)]

  init(_ rule: any SolvingOptimizer, _ setting: SolverSetting) {
    parameters = setting.parameters
    let gradients = setting.gradients
    self.gradients = gradients
    let descriptions = zip(gradients.names, gradients.shapes).map { (name: $0, shape: $1) }
    parametersBefore = ParameterStore(descriptions, element: .float32)
    gradientsBefore = ParameterStore(descriptions, element: .float32)
    movements = Array(repeating: (0, 0), count: gradients.count)
    solver = rule.solver(setting)
  }

  /// Moves the parameters, and leaves the gradients as they were.
  ///
  /// - Parameter loss: of the batch with its penalties, at the parameters as they are.
  func take(_ passes: BatchPasses, loss: Double, learningRate: Double) {
    parametersBefore.copy(from: parameters)
    gradientsBefore.copy(from: gradients)
    solver.solve(passes, loss: loss, learningRate: learningRate)
    gradients.copy(from: gradientsBefore)
    for index in movements.indices {
      let comparison = VectorComparison(
        parametersBefore.pointer(index).assumingMemoryBound(to: Float.self),
        UnsafePointer(parameters.pointer(index).assumingMemoryBound(to: Float.self)),
        count: parameters.shapes[index].count)
      movements[index] = (comparison.firstSquares, comparison.differenceSquares)
    }
  }

  // MARK: - State

  /// A copy of what the solver remembers.
  func state(over copies: ReusedCopies?) -> [NamedTensor] {
    solver.memory.flatMap { Weights(copying: $0, over: copies).tensors }
  }

  /// Goes back to what a state has of it; what it doesn't have stays.
  func restore(_ tensors: [NamedTensor]) throws(TrainingError) {
    for store in solver.memory {
      let own = tensors.filter { store.index(of: $0.name) != nil }
      try Weights(own, isPartial: true).write(to: store)
    }
    solver.restored()
  }
}
