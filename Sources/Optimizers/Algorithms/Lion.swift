import JSON
import Kernels
import Tensors

/// Steps by the sign of a mixture of gradient and momentum.
///
/// `p -= η (sign(β₁ m + (1 - β₁) g) + λ p)`; then `m = β₂ m + (1 - β₂) g`. Chen et al. 2023, arXiv:2302.06675.
public struct Lion: Optimizer {
  public let learningRate: Double
  public let beta1: Double
  public let beta2: Double
  public let weightDecay: Double

  private static let learningRateField = OptimizerFields.learningRate(0.0001)
  private static let weightDecayField = OptimizerFields.decoupledDecay(0)
  private static let beta1Field = Field(
    "beta1", .number(0...0.999_999), default: 0.9, "β₁, the momentum's share in the step.")
  private static let beta2Field = Field(
    "beta2", .number(0...0.999_999_9), default: 0.99, "β₂, the decay of the momentum.")

  public static let documentation = CatalogEntry(
    type: "lion",
    summary: "Steps by the sign of a mixture of gradient and momentum.",
    formula: """
      p -= η (sign(β₁ m + (1 - β₁) g) + λ p); m = β₂ m + (1 - β₂) g
      """,
    fields: [learningRateField, beta1Field, beta2Field, weightDecayField],
    source: "Chen et al. 2023, arXiv:2302.06675, program 1.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(Lion.learningRateField)
    beta1 = reader.double(Lion.beta1Field)
    beta2 = reader.double(Lion.beta2Field)
    weightDecay = reader.double(Lion.weightDecayField)
  }

  public var configuration: [(String, JSON)] {
    [
      ("learning_rate", .number(learningRate)), ("beta1", .number(beta1)),
      ("beta2", .number(beta2)), ("weight_decay", .number(weightDecay)),
    ]
  }

  public func slots(of shape: Shape) -> [OptimizerSlot] {
    [OptimizerSlot("exp_avg", shape)]
  }

  public func update(_ operands: OptimizerOperands) -> [KernelCall] {
    let rule = UpdateRule {
      $0.beta1 = beta1
      $0.beta2 = beta2
      $0.weightDecay = weightDecay
      $0.isDecoupled = true
    }
    return [OptimizerKernels.call(.lion, operands, slots: ["exp_avg"], rule)]
  }
}
