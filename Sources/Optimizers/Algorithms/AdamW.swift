import JSON
import Kernels

/// Adam with weight decay apart from the gradient.
///
/// `p -= η λ p`, then Adam's step without decay. Loshchilov and Hutter 2017, arXiv:1711.05101.
public struct AdamW: Optimizer {
  public let learningRate: Double
  public let moments: Moments
  public let weightDecay: Double

  private static let learningRateField = OptimizerFields.learningRate(0.001)
  private static let weightDecayField = Field(
    "weight_decay", .number(0...1e3), default: 0.01,
    "λ, by which the parameter shrinks, times the learning rate.")

  public static let documentation = CatalogEntry(
    type: "adamw",
    summary: "Adam with weight decay apart from the gradient.",
    formula: """
      p -= η λ p; m = β₁ m + (1 - β₁) g; v = β₂ v + (1 - β₂) g²; \
      p -= η / (1 - β₁ᵗ) · m / (√v / √(1 - β₂ᵗ) + ε)
      """,
    fields: [learningRateField] + Moments.fields + [weightDecayField],
    source: "Loshchilov and Hutter 2017, arXiv:1711.05101. As torch.optim.AdamW.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(AdamW.learningRateField)
    moments = Moments(from: &reader)
    weightDecay = reader.double(AdamW.weightDecayField)
  }

  public var configuration: [(String, JSON)] {
    [("learning_rate", .number(learningRate))] + moments.configuration
      + [("weight_decay", .number(weightDecay))]
  }

  public var slots: [String] { Moments.slots }

  public func corrections(step: Int) -> (first: Double, second: Double) {
    moments.corrections(step: step)
  }

  public func update(_ operands: OptimizerOperands) -> KernelCall {
    OptimizerKernels.adam(
      operands, beta1: moments.beta1, beta2: moments.beta2, epsilon: moments.epsilon,
      weightDecay: weightDecay, decoupled: true)
  }
}
