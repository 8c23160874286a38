import JSON
import Kernels
import Tensors

/// Adam by the largest gradient in place of the mean of squares.
///
/// `m = β₁ m + (1 - β₁) g`; `u = max(β₂ u, |g| + ε)`; `p -= η / (1 - β₁ᵗ) · m / u`. Kingma and Ba 2014, arXiv:1412.6980.
public struct Adamax: Optimizer {
  public let learningRate: Double
  public let moments: Moments
  public let weightDecay: Double

  private static let learningRateField = OptimizerFields.learningRate(0.002)
  private static let slotNames = ["exp_avg", "exp_inf"]

  public static let documentation = CatalogEntry(
    type: "adamax",
    summary: "Adam by the largest gradient in place of the mean of squares.",
    formula: """
      g += λ p; m = β₁ m + (1 - β₁) g; u = max(β₂ u, |g| + ε); p -= η / (1 - β₁ᵗ) · m / u
      """,
    fields: [learningRateField] + Moments.fields + [OptimizerFields.weightDecay],
    source: "Kingma and Ba 2014, arXiv:1412.6980, section 7.1. As torch.optim.Adamax.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(Adamax.learningRateField)
    moments = Moments(from: &reader)
    weightDecay = reader.double(OptimizerFields.weightDecay)
  }

  public var configuration: [(String, JSON)] {
    [("learning_rate", .number(learningRate))] + moments.configuration
      + [("weight_decay", .number(weightDecay))]
  }

  public func slots(of shape: Shape) -> [OptimizerSlot] {
    Adamax.slotNames.map { OptimizerSlot($0, shape) }
  }

  public func factors(step: Int, learningRate: Double, memory: inout StepMemory) -> StepFactors {
    moments.factors(step: step, learningRate: learningRate)
  }

  public func update(_ operands: OptimizerOperands) -> [KernelCall] {
    [
      OptimizerKernels.call(
        .adamax, operands, slots: Adamax.slotNames,
        moments.rule(weightDecay: weightDecay, isDecoupled: false))
    ]
  }
}
