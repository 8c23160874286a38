import JSON
import Kernels
import Tensors

/// Adam with weight decay apart from the gradient.
///
/// `p -= η λ p`, then Adam's step without decay. Loshchilov and Hutter 2017, arXiv:1711.05101.
public struct AdamW: Optimizer {
  public let learningRate: Double
  public let moments: Moments
  public let weightDecay: Double
  /// Whether the divisor is the largest mean of squares so far.
  public let isAMSGrad: Bool

  private static let learningRateField = OptimizerFields.learningRate(0.001)
  private static let weightDecayField = OptimizerFields.decoupledDecay(0.01)

  public static let documentation = CatalogEntry(
    type: "adamw",
    summary: "Adam with weight decay apart from the gradient.",
    formula: """
      p -= η λ p; m = β₁ m + (1 - β₁) g; v = β₂ v + (1 - β₂) g²; \
      p -= η / (1 - β₁ᵗ) · m / (√v / √(1 - β₂ᵗ) + ε)
      """,
    fields: [learningRateField] + Moments.fields + [weightDecayField, OptimizerFields.amsgrad],
    source: "Loshchilov and Hutter 2017, arXiv:1711.05101. As torch.optim.AdamW.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(AdamW.learningRateField)
    moments = Moments(from: &reader)
    weightDecay = reader.double(AdamW.weightDecayField)
    isAMSGrad = reader.bool(OptimizerFields.amsgrad)
  }

  public var configuration: [(String, JSON)] {
    [("learning_rate", .number(learningRate))] + moments.configuration
      + [("weight_decay", .number(weightDecay)), ("amsgrad", .bool(isAMSGrad))]
  }

  public func slots(of shape: Shape) -> [OptimizerSlot] {
    Moments.slots(shape) + (isAMSGrad ? [OptimizerSlot("max_exp_avg_sq", shape)] : [])
  }

  public func factors(step: Int, learningRate: Double, memory: inout StepMemory) -> StepFactors {
    moments.factors(step: step, learningRate: learningRate)
  }

  public func update(_ operands: OptimizerOperands) -> [KernelCall] {
    [
      OptimizerKernels.call(
        .adam, operands, slots: Moments.names + ["max_exp_avg_sq"],
        moments.rule(weightDecay: weightDecay, isDecoupled: true))
    ]
  }
}
