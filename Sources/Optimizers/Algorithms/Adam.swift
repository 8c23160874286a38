import JSON
import Kernels

/// Adam.
///
/// `g += λ p`; `m = β₁ m + (1 - β₁) g`; `v = β₂ v + (1 - β₂) g²`;
/// `p -= η / (1 - β₁ᵗ) · m / (√v / √(1 - β₂ᵗ) + ε)`. Kingma and Ba 2014, arXiv:1412.6980.
public struct Adam: Optimizer {
  public let learningRate: Double
  public let moments: Moments
  public let weightDecay: Double

  private static let learningRateField = OptimizerFields.learningRate(0.001)
  private static let weightDecayField = Field(
    "weight_decay", .number(0...1e3), default: 0.0, "λ, added to the gradient times the parameter.")

  public static let documentation = CatalogEntry(
    type: "adam",
    summary: "Steps scaled by running means of the gradient and of its square.",
    formula: """
      g += λ p; m = β₁ m + (1 - β₁) g; v = β₂ v + (1 - β₂) g²; \
      p -= η / (1 - β₁ᵗ) · m / (√v / √(1 - β₂ᵗ) + ε)
      """,
    fields: [learningRateField] + Moments.fields + [weightDecayField],
    source: "Kingma and Ba 2014, arXiv:1412.6980. As torch.optim.Adam.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(Adam.learningRateField)
    moments = Moments(from: &reader)
    weightDecay = reader.double(Adam.weightDecayField)
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
      weightDecay: weightDecay, decoupled: false)
  }
}
