import Tensors

/// A solving optimizer that multiplies by the curvature of its batch.
protocol CurvatureOptimizer: SolvingOptimizer {
  var rule: CurvatureRule { get }
}

extension CurvatureOptimizer {
  public func bytes(of shapes: [Shape], element: ElementType) -> Int {
    ParameterVectors.bytes(CurvatureSolver.vectors, of: shapes, element: element)
  }

  public func solver(_ setting: SolverSetting) -> any StepSolver { CurvatureSolver(rule, setting) }
}
