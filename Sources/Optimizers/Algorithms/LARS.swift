import JSON
import Kernels
import Tensors

/// Momentum whose rate in each parameter is in proportion to its norm over the gradient's.
///
/// `κ = τ ‖p‖ / (‖g‖ + λ ‖p‖ + ε)`, 1 where a norm is 0; `b = μ b + η κ (g + λ p)`; `p -= b`. You, Gitman and Ginsburg 2017, arXiv:1708.03888.
public struct LARS: Optimizer {
  public let learningRate: Double
  public let momentum: Double
  public let trust: Double
  public let epsilon: Double
  public let weightDecay: Double
  public let adapts: Bool

  private static let learningRateField = OptimizerFields.learningRate(0.1)
  private static let momentumField = Field(
    "momentum", .number(0...1), default: 0.9, "μ, what is kept of the step before.")
  private static let trustField = Field(
    "trust_coefficient", .number(1e-9...1e3), default: 0.001,
    "τ, the size of a step as a share of the parameter's norm.")
  private static let epsilonField = Field(
    "epsilon", .number(0...1), default: 1e-8, "ε, added to the divisor.")
  static let adaptsField = Field(
    "adapts", .boolean, default: true,
    "Whether the rate goes by the norms; false in a group leaves its parameters, such as biases, to the plain rate."
  )

  public static let documentation = CatalogEntry(
    type: "lars",
    summary:
      "Momentum whose rate in each parameter is in proportion to its norm over the gradient's.",
    formula: """
      κ = τ ‖p‖ / (‖g‖ + λ ‖p‖ + ε); b = μ b + η κ (g + λ p); p -= b
      """,
    fields: [
      learningRateField, momentumField, trustField, epsilonField, OptimizerFields.weightDecay,
      adaptsField,
    ],
    source: "You, Gitman and Ginsburg 2017, arXiv:1708.03888, algorithm 1.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(LARS.learningRateField)
    momentum = reader.double(LARS.momentumField)
    trust = reader.double(LARS.trustField)
    epsilon = reader.double(LARS.epsilonField)
    weightDecay = reader.double(OptimizerFields.weightDecay)
    adapts = reader.bool(LARS.adaptsField)
  }

  public var configuration: [(String, JSON)] {
    [
      ("learning_rate", .number(learningRate)), ("momentum", .number(momentum)),
      ("trust_coefficient", .number(trust)), ("epsilon", .number(epsilon)),
      ("weight_decay", .number(weightDecay)), ("adapts", .bool(adapts)),
    ]
  }

  public func slots(of shape: Shape) -> [OptimizerSlot] {
    momentum > 0 ? [OptimizerSlot("momentum_buffer", shape)] : []
  }

  public func update(_ operands: OptimizerOperands) -> [KernelCall] {
    let rule = UpdateRule {
      $0.momentum = momentum
      $0.weightDecay = weightDecay
    }
    let slots = ["momentum_buffer"]
    return [
      OptimizerKernels.call(.larsNorms, operands, slots: [], rule),
      OptimizerKernels.reduce(operands) { [self] sums, scalars in
        let (gradient, own) = (sums.first.squareRoot(), sums.second.squareRoot())
        guard adapts, gradient > 0, own > 0 else { return scalars.learning_rate }
        return scalars.learning_rate * trust * own / (gradient + weightDecay * own + epsilon)
      },
      OptimizerKernels.call(.lars, operands, slots: slots, rule, isContinued: true),
    ]
  }

  public func workspaceBytes(of shape: Shape, element: ElementType) -> Int {
    OptimizerKernels.sumBytes
  }
}
