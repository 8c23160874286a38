import Autodiff
import Kernels

/// A solving optimizer that multiplies by the curvature of its batch.
protocol CurvatureOptimizer: SolvingOptimizer {
  var rule: CurvatureRule { get }
}

extension CurvatureOptimizer {
  public var vectors: Int { CurvatureSolver.vectors }

  public func solver(
    parameters: ParameterStore, gradients: ParameterStore, moving: [Int], team: ThreadTeam
  ) -> any StepSolver {
    CurvatureSolver(
      rule,
      ParameterVectors(
        parameters: parameters, gradients: gradients, moving: moving, team: team),
      element: parameters.element)
  }
}
