import JSON
import Kernels
import Tensors

/// Adam whose divisor never shrinks.
///
/// As Adam, but the divisor is `√v̂ / √(1 - β₂ᵗ) + ε` with `v̂ = max(v̂, v)`. Reddi, Kale and Kumar 2018, arXiv:1904.09237.
public struct AMSGrad: Optimizer {
  public let learningRate: Double
  public let moments: Moments
  public let weightDecay: Double

  private static let learningRateField = OptimizerFields.learningRate(0.001)
  private static let weightDecayField = OptimizerFields.weightDecay

  public static let documentation = CatalogEntry(
    type: "amsgrad",
    summary: "Adam whose divisor never shrinks.",
    formula: """
      g += λ p; m = β₁ m + (1 - β₁) g; v = β₂ v + (1 - β₂) g²; v̂ = max(v̂, v); \
      p -= η / (1 - β₁ᵗ) · m / (√v̂ / √(1 - β₂ᵗ) + ε)
      """,
    fields: [learningRateField] + Moments.fields + [weightDecayField],
    source: "Reddi, Kale and Kumar 2018, arXiv:1904.09237. As torch.optim.Adam with amsgrad.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(AMSGrad.learningRateField)
    moments = Moments(from: &reader)
    weightDecay = reader.double(AMSGrad.weightDecayField)
  }

  public var configuration: [(String, JSON)] {
    [("learning_rate", .number(learningRate))] + moments.configuration
      + [("weight_decay", .number(weightDecay))]
  }

  public func slots(of shape: Shape) -> [OptimizerSlot] {
    Moments.slots(shape) + [OptimizerSlot("max_exp_avg_sq", shape)]
  }

  public func factors(step: Int, learningRate: Double, memory: inout StepMemory) -> StepFactors {
    moments.factors(step: step, learningRate: learningRate)
  }

  public func update(_ operands: OptimizerOperands) -> [KernelCall] {
    [
      OptimizerKernels.call(
        .adam, operands, slots: Moments.names + ["max_exp_avg_sq"],
        moments.rule(weightDecay: weightDecay, isDecoupled: false))
    ]
  }
}
