import JSON
import Kernels
import Tensors

/// Stochastic gradient descent, with momentum if asked for.
///
/// `g += λ p`; `b = μ b + (1 - τ) g`, at the first step `b = g`; `p -= η b`, or with Nesterov's
/// `p -= η (g + μ b)`. Without momentum `p -= η g`. Sutskever et al. 2013, ICML.
public struct SGD: Optimizer {
  public let learningRate: Double
  public let momentum: Double
  public let dampening: Double
  public let nesterov: Bool
  public let weightDecay: Double

  private static let learningRateField = OptimizerFields.learningRate(0.01)
  private static let momentumField = Field(
    "momentum", .number(0...1), default: 0.0, "μ, what is kept of the step before.")
  private static let dampeningField = Field(
    "dampening", .number(0...1), default: 0.0, "τ, what is left out of the gradient.")
  private static let nesterovField = Field(
    "nesterov", .boolean, default: false,
    "Whether the step looks ahead; needs momentum and no dampening.")

  public static let documentation = CatalogEntry(
    type: "sgd",
    summary: "Stochastic gradient descent, with momentum if asked for.",
    formula: "g += λ p; b = μ b + (1 - τ) g, first b = g; p -= η b, or with Nesterov η (g + μ b)",
    fields: [
      learningRateField, momentumField, dampeningField, nesterovField, OptimizerFields.weightDecay,
    ],
    source: "Sutskever et al. 2013, ICML. As torch.optim.SGD.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(SGD.learningRateField)
    momentum = reader.double(SGD.momentumField)
    dampening = reader.double(SGD.dampeningField)
    nesterov = reader.bool(SGD.nesterovField)
    weightDecay = reader.double(OptimizerFields.weightDecay)
    if nesterov, momentum == 0 || dampening != 0, reader.faults.isEmpty {
      reader.fault("nesterov", "needs a momentum above 0 and no dampening")
    }
  }

  public var configuration: [(String, JSON)] {
    [
      ("learning_rate", .number(learningRate)), ("momentum", .number(momentum)),
      ("dampening", .number(dampening)), ("nesterov", .bool(nesterov)),
      ("weight_decay", .number(weightDecay)),
    ]
  }

  public func slots(of shape: Shape) -> [OptimizerSlot] {
    momentum == 0 ? [] : [OptimizerSlot("momentum_buffer", shape)]
  }

  /// The buffer begins as the gradient, whatever the dampening.
  public func factors(step: Int, learningRate: Double, memory: inout StepMemory) -> StepFactors {
    step == 1 ? StepFactors(0, 1) : StepFactors(momentum, 1 - dampening)
  }

  public func update(_ operands: OptimizerOperands) -> [KernelCall] {
    let rule = UpdateRule {
      $0.momentum = momentum
      $0.isNesterov = nesterov
      $0.weightDecay = weightDecay
    }
    return [OptimizerKernels.call(.sgd, operands, slots: ["momentum_buffer"], rule)]
  }
}
