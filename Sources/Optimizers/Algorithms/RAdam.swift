import Foundation
import JSON
import Kernels
import Tensors

/// Adam that steps without its divisor until that is known well enough.
///
/// `ρ∞ = 2 / (1 - β₂) - 1`, `ρ = ρ∞ - 2 t β₂ᵗ / (1 - β₂ᵗ)`; above 5 Adam's step times
/// `√((ρ - 4)(ρ - 2) ρ∞ / ((ρ∞ - 4)(ρ∞ - 2) ρ))`, else `p -= η m / (1 - β₁ᵗ)`. Liu et al. 2019, arXiv:1908.03265.
public struct RAdam: Optimizer {
  public let learningRate: Double
  public let moments: Moments
  public let weightDecay: Double
  public let isDecoupled: Bool

  private static let learningRateField = OptimizerFields.learningRate(0.001)

  public static let documentation = CatalogEntry(
    type: "radam",
    summary: "Adam that steps without its divisor until that is known well enough.",
    formula: """
      ρ = ρ∞ - 2 t β₂ᵗ / (1 - β₂ᵗ), ρ∞ = 2 / (1 - β₂) - 1; \
      r = √((ρ - 4)(ρ - 2) ρ∞ / ((ρ∞ - 4)(ρ∞ - 2) ρ)); \
      p -= η m / (1 - β₁ᵗ) · (ρ > 5 ? r √(1 - β₂ᵗ) / (√v + ε) : 1)
      """,
    fields: [learningRateField] + Moments.fields + [
      OptimizerFields.weightDecay, OptimizerFields.isDecoupled,
    ],
    source: "Liu et al. 2019, arXiv:1908.03265. As torch.optim.RAdam.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(RAdam.learningRateField)
    moments = Moments(from: &reader)
    weightDecay = reader.double(OptimizerFields.weightDecay)
    isDecoupled = reader.bool(OptimizerFields.isDecoupled)
  }

  public var configuration: [(String, JSON)] {
    [("learning_rate", .number(learningRate))] + moments.configuration + [
      ("weight_decay", .number(weightDecay)), ("decoupled_weight_decay", .bool(isDecoupled)),
    ]
  }

  public func slots(of shape: Shape) -> [OptimizerSlot] {
    Moments.slots(shape)
  }

  public func factors(step: Int, learningRate: Double, memory: inout StepMemory) -> StepFactors {
    let corrections = moments.corrections(step: step)
    let most = 2 / (1 - moments.beta2) - 1
    let left = pow(moments.beta2, Double(step))
    let length = most - 2 * Double(step) * left / (1 - left)
    var divided = 0.0
    if length > 5 {
      let rectification =
        ((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length)).squareRoot()
      divided = rectification * corrections.second
    }
    return StepFactors(learningRate / corrections.first, divided)
  }

  public func update(_ operands: OptimizerOperands) -> [KernelCall] {
    [
      OptimizerKernels.call(
        .radam, operands, slots: Moments.names,
        moments.rule(weightDecay: weightDecay, isDecoupled: isDecoupled))
    ]
  }
}
