import Autodiff
import JSON
import Kernels
import Tensors

/// A rule that moves all parameters together, by looking at the batch of a step more than once.
///
/// It has no part of a parameter's own and no group but those that hold still. A new one is a file among the algorithms, a line in
/// `OptimizerCatalog` and a test.
public protocol SolvingOptimizer: Optimizer {
  /// The matrix that it multiplies vectors by, beside losses and gradients; `nil` for none.
  var curvature: CurvatureMatrix? { get }

  /// How many vectors as long as the parameters it holds.
  var vectors: Int { get }

  /// What it works with.
  ///
  /// - Parameters:
  ///   - gradients: where evaluations leave them.
  ///   - moving: which of the parameters take part.
  func solver(
    parameters: ParameterStore, gradients: ParameterStore, moving: [Int], team: ThreadTeam
  ) -> any StepSolver
}

/// Second derivatives of a batch's loss with respect to the parameters.
public enum CurvatureMatrix: String, Hashable, Sendable, CaseIterable {
  /// `Jᵀ H J` with the outputs' Jacobian `J` and the loss's Hessian `H` at the outputs: never negative for convex losses, and the
  /// Fisher matrix of a likelihood whose negative logarithm is the loss. Schraudolph 2002, "Fast curvature matrix-vector products".
  case gaussNewton = "gauss_newton"
  /// All of them. Pearlmutter 1994, "Fast exact multiplication by the Hessian".
  case hessian
}

/// The batch of a step, as a solver looks at it.
public protocol StepObjective: AnyObject {
  /// What is made small, at the parameters as they are; leaves the gradient.
  func evaluate() -> Double

  /// Multiplies the solver's `direction` by the matrix of curvature at the parameters as they are, into its `product`.
  func multiply()
}

/// A solving optimizer bound to parameters, with what it remembers from step to step.
public protocol StepSolver: AnyObject {
  /// Moves the parameters.
  ///
  /// What it leaves of gradients isn't said.
  ///
  /// - Parameters:
  ///   - loss: at the parameters as they are, whose gradient is where evaluations leave it.
  func solve(_ objective: any StepObjective, loss: Double, learningRate: Double)

  /// A vector over the parameters that move, and what it's multiplied to.
  var direction: ParameterStore { get }
  var product: ParameterStore { get }

  /// What each step has a value of.
  var series: [String] { get }
  func value(ofSeries place: Int) -> Double

  /// What it remembers, under names that no two share.
  var memory: [ParameterStore] { get }
  /// Follows a change of its memory from outside.
  func restored()
}

extension SolvingOptimizer {
  public func slots(of shape: Shape) -> [OptimizerSlot] { [] }

  /// Measures the gradient; the solver has moved the parameter.
  public func update(_ operands: OptimizerOperands) -> [KernelCall] {
    [OptimizerKernels.call(.hold, operands, slots: [], UpdateRule())]
  }
}
