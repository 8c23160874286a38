import Autodiff
import JSON
import Kernels
import Tensors

/// A rule that moves all parameters together, by looking at the batch of a step more than once.
///
/// It has no part of a parameter's own and no group but those that hold still. A new one is a file among the algorithms, a line in
/// `OptimizerCatalog` and a test.
public protocol SolvingOptimizer: Optimizer {
  /// What it looks at beside losses and gradients; `nil` for nothing.
  var curvature: Curvature? { get }

  /// The bytes that its solver holds, of parameters of these shapes.
  func bytes(of shapes: [Shape], element: ElementType) -> Int

  /// What it works with.
  func solver(_ setting: SolverSetting) -> any StepSolver
}

/// What a solver moves, and by what.
public struct SolverSetting {
  /// A dense layer or a convolution, by the places of its parameters among those that move.
  public struct Layer: Hashable, Sendable {
    public let weight: Int
    public let bias: Int?
    /// Elements of the weight along its first axis, and all others.
    public let units: Int
    public let width: Int

    public init(weight: Int, bias: Int?, units: Int, width: Int) {
      self.weight = weight
      self.bias = bias
      self.units = units
      self.width = width
    }
  }

  public let parameters: ParameterStore
  /// Where evaluations leave them.
  public let gradients: ParameterStore
  /// Which of the parameters take part.
  public let moving: [Int]
  /// Those whose factors are measured, in their order.
  public let layers: [Layer]
  /// Of what is drawn.
  public let seed: UInt64
  public let team: ThreadTeam

  public init(
    parameters: ParameterStore, gradients: ParameterStore, moving: [Int], layers: [Layer] = [],
    seed: UInt64 = 0, team: ThreadTeam
  ) {
    self.parameters = parameters
    self.gradients = gradients
    self.moving = moving
    self.layers = layers
    self.seed = seed
    self.team = team
  }
}

/// What a solver may ask of a batch's curvature.
public enum Curvature: Hashable, Sendable {
  /// A matrix times a vector.
  case products(CurvatureMatrix)
  /// `E[a aᵀ]` of what a layer multiplies its weight by, and `E[s sᵀ]` of gradients at its outputs.
  ///
  /// - Parameters:
  ///   - isEmpirical: whether those are the batch's own, rather than draws from the model's predictions.
  ///   - largest: rows of a factor at most; layers with a larger one are left out.
  case factors(isEmpirical: Bool, largest: Int)
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

  /// Leaves in the solver's `product` what it asks of the curvature at the parameters as they are: a matrix times its
  /// `direction`, or the factors of layers.
  func measureCurvature()
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

  /// A vector over the parameters that move, and what is measured along it.
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
