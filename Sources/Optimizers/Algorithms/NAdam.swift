import Foundation
import JSON
import Kernels
import Tensors

/// Adam with Nesterov's momentum.
///
/// `μₜ = β₁ (1 - 0.96^(t ψ) / 2)`; Adam's `m` and `v`; `p -= η ((1 - μₜ) g / (1 - Πμ) + μₜ₊₁ m / (1 - μₜ₊₁ Πμ)) / (√v / √(1 - β₂ᵗ) + ε)`,
/// where `Πμ` is the product of `μ` up to `t`. Dozat 2016, "Incorporating Nesterov momentum into Adam", ICLR workshop.
public struct NAdam: Optimizer {
  public let learningRate: Double
  public let moments: Moments
  public let weightDecay: Double
  public let isDecoupled: Bool
  public let momentumDecay: Double

  private static let learningRateField = OptimizerFields.learningRate(0.002)
  private static let momentumDecayField = Field(
    "momentum_decay", .number(0...1e3), default: 0.004, "ψ, how fast the momentum rises to β₁.")

  public static let documentation = CatalogEntry(
    type: "nadam",
    summary: "Adam with Nesterov's momentum.",
    formula: """
      μₜ = β₁ (1 - 0.96^(t ψ) / 2); m = β₁ m + (1 - β₁) g; v = β₂ v + (1 - β₂) g²; \
      p -= η ((1 - μₜ) g / (1 - Πμ) + μₜ₊₁ m / (1 - μₜ₊₁ Πμ)) / (√v / √(1 - β₂ᵗ) + ε)
      """,
    fields: [learningRateField] + Moments.fields + [
      momentumDecayField, OptimizerFields.weightDecay, OptimizerFields.isDecoupled,
    ],
    source: "Dozat 2016, ICLR workshop. As torch.optim.NAdam.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(NAdam.learningRateField)
    moments = Moments(from: &reader)
    momentumDecay = reader.double(NAdam.momentumDecayField)
    weightDecay = reader.double(OptimizerFields.weightDecay)
    isDecoupled = reader.bool(OptimizerFields.isDecoupled)
  }

  public var configuration: [(String, JSON)] {
    [("learning_rate", .number(learningRate))] + moments.configuration + [
      ("momentum_decay", .number(momentumDecay)), ("weight_decay", .number(weightDecay)),
      ("decoupled_weight_decay", .bool(isDecoupled)),
    ]
  }

  public func slots(of shape: Shape) -> [OptimizerSlot] {
    Moments.slots(shape)
  }

  public func factors(step: Int, learningRate: Double, memory: inout StepMemory) -> StepFactors {
    // A run that goes on multiplies anew from its first step on; the product has left the range of numbers before long.
    if memory.step >= step { memory = StepMemory() }
    while memory.step < step {
      memory.step += 1
      if memory.product == 0 {
        memory.step = step
      } else {
        memory.product *= momentum(step: memory.step)
      }
    }
    let (now, next) = (momentum(step: step), momentum(step: step + 1))
    return StepFactors(
      1 / moments.corrections(step: step).second, learningRate * (1 - now) / (1 - memory.product),
      learningRate * next / (1 - memory.product * next))
  }

  public func update(_ operands: OptimizerOperands) -> [KernelCall] {
    [
      OptimizerKernels.call(
        .nadam, operands, slots: Moments.names,
        moments.rule(weightDecay: weightDecay, isDecoupled: isDecoupled))
    ]
  }

  private func momentum(step: Int) -> Double {
    moments.beta1 * (1 - 0.5 * pow(0.96, Double(step) * momentumDecay))
  }
}
