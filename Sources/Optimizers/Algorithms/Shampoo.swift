import JSON
import Kernels
import Tensors

/// The mean of gradients between inverse roots of what was seen of `G Gᵀ` and `Gᵀ G`.
///
/// `m = β₁ m + (1 - β₁) G`; `L = β L + (1 - β) G Gᵀ`, `R` likewise of `Gᵀ G`, or with `β = 1` their sums; `P = L^{-1/4} m R^{-1/4}`, with -1/2 where only
/// one side has a factor; grafted, `P` is as long as Adam's step. `w -= η λ w`, `w -= η P`. The first axis is a matrix's rows, all others are its
/// columns; what isn't a matrix takes Adam's step. Gupta, Koren and Singer 2018, arXiv:1802.09568; grafting, ridge and intervals:
/// Anil et al. 2020, arXiv:2002.09018.
public struct Shampoo: PreconditionedOptimizer {
  public let learningRate: Double
  public let moments: Moments
  public let decay: Double
  public let ridge: Double
  public let isGrafted: Bool
  public let weightDecay: Double
  public let every: Int
  public let largest: Int

  private static let learningRateField = OptimizerFields.learningRate(0.001)
  private static let momentFields = Moments.fields
  private static let decayField = PreconditionedFields.decay(0.99)
  private static let ridgeField = Field(
    "ridge", .number(1e-12...1), default: 1e-6,
    "What is added to a factor's eigenvalues, as a share of the largest.")
  private static let graftField = Field(
    "graft", .choice(["adam", "none"]), default: "adam",
    "Whose length a step has: Adam's, so that its learning rates go, or its own.")
  private static let weightDecayField = OptimizerFields.decoupledDecay(0)

  public static let documentation = CatalogEntry(
    type: "shampoo",
    summary: "The mean of gradients between inverse roots of what was seen of G Gᵀ and Gᵀ G.",
    formula: """
      m = β₁ m + (1 - β₁) G; L = β L + (1 - β) G Gᵀ; R = β R + (1 - β) Gᵀ G; \
      P = (L + ρ λ_L I)^{-1/4} m (R + ρ λ_R I)^{-1/4}; P *= ‖adam‖ / ‖P‖; w -= η λ w; w -= η P
      """,
    fields: [learningRateField] + momentFields + [
      decayField, ridgeField, graftField, weightDecayField, PreconditionedFields.every,
      PreconditionedFields.largest,
    ],
    source: "Gupta, Koren and Singer 2018, arXiv:1802.09568; Anil et al. 2020, arXiv:2002.09018.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(Shampoo.learningRateField)
    moments = Moments(from: &reader)
    decay = reader.double(Shampoo.decayField)
    ridge = reader.double(Shampoo.ridgeField)
    isGrafted = reader.choice(Shampoo.graftField) == "adam"
    weightDecay = reader.double(Shampoo.weightDecayField)
    every = reader.integer(PreconditionedFields.every)
    largest = reader.integer(PreconditionedFields.largest)
  }

  public var configuration: [(String, JSON)] {
    [("learning_rate", .number(learningRate))] + moments.configuration + [
      ("factor_decay", .number(decay)), ("ridge", .number(ridge)),
      ("graft", .string(isGrafted ? "adam" : "none")), ("weight_decay", .number(weightDecay)),
      ("precondition_every", .integer(every)), ("max_factor", .integer(largest)),
    ]
  }

  public var interval: Int { every }
  var map: String { "root" }
  var keepsSquares: Bool { isGrafted }
  var skipped: Int { 0 }

  func matrixStep(_ operands: OptimizerOperands) -> [KernelCall] {
    let rule = OptimizerKernels.Preconditioning {
      $0.beta1 = moments.beta1
      $0.beta2 = moments.beta2
      $0.epsilon = moments.epsilon
      $0.decay = decay
      $0.ridge = ridge
      $0.isGrafted = isGrafted
      $0.weightDecay = weightDecay
    }
    return OptimizerKernels.shampoo(operands, rule)
  }
}
