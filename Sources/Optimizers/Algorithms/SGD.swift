import JSON
import Kernels

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
  private static let weightDecayField = Field(
    "weight_decay", .number(0...1e3), default: 0.0, "λ, added to the gradient times the parameter.")

  public static let documentation = CatalogEntry(
    type: "sgd",
    summary: "Stochastic gradient descent, with momentum if asked for.",
    formula: "g += λ p; b = μ b + (1 - τ) g, first b = g; p -= η b, or with Nesterov η (g + μ b)",
    fields: [learningRateField, momentumField, dampeningField, nesterovField, weightDecayField],
    source: "Sutskever et al. 2013, ICML. As torch.optim.SGD.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(SGD.learningRateField)
    momentum = reader.double(SGD.momentumField)
    dampening = reader.double(SGD.dampeningField)
    nesterov = reader.bool(SGD.nesterovField)
    weightDecay = reader.double(SGD.weightDecayField)
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

  public var slots: [String] { momentum == 0 ? [] : ["momentum_buffer"] }

  public func update(_ operands: OptimizerOperands) -> KernelCall {
    OptimizerKernels.sgd(
      operands, momentum: momentum, dampening: dampening, nesterov: nesterov,
      weightDecay: weightDecay)
  }
}
