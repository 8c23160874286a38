import JSON
import Kernels
import Tensors

/// Adam in the eigenvectors of Shampoo's factors.
///
/// `m = β₁ m + (1 - β₁) G`; `L = β L + (1 - β) G Gᵀ`, `R` likewise of `Gᵀ G`; in the bases `G' = Q_Lᵀ G Q_R`, `m' = Q_Lᵀ m Q_R`, `v = β₂ v + (1 - β₂) G'²`;
/// `w -= η λ w`, `w -= η Q_L (m̂' / (√v̂ + ε)) Q_Rᵀ`. The first step makes the bases by all eigenvectors and doesn't move, since
/// what it has nothing of yet would be noise over noise; each renewal is one step of the power method and QR. The first axis is a matrix's rows, all others are its columns; what isn't a matrix takes Adam's step.
/// Vyas et al. 2024, arXiv:2409.11321, algorithm 3.
public struct SOAP: PreconditionedOptimizer {
  public let learningRate: Double
  public let moments: Moments
  public let decay: Double
  public let weightDecay: Double
  public let every: Int
  public let largest: Int

  private static let learningRateField = OptimizerFields.learningRate(0.003)
  private static let momentFields = Moments.fields(beta1: 0.95, beta2: 0.95)
  private static let decayField = PreconditionedFields.decay(0.95)
  private static let weightDecayField = OptimizerFields.decoupledDecay(0.01)

  public static let documentation = CatalogEntry(
    type: "soap",
    summary: "Adam in the eigenvectors of Shampoo's factors.",
    formula: """
      m = β₁ m + (1 - β₁) G; L = β L + (1 - β) G Gᵀ; R = β R + (1 - β) Gᵀ G; G' = Q_Lᵀ G Q_R; m' = Q_Lᵀ m Q_R; \
      v = β₂ v + (1 - β₂) G'²; w -= η λ w; w -= η Q_L (m̂' / (√v̂ + ε)) Q_Rᵀ
      """,
    fields: [learningRateField] + momentFields + [
      decayField, weightDecayField, PreconditionedFields.every, PreconditionedFields.largest,
    ],
    source:
      "Vyas et al. 2024, arXiv:2409.11321, algorithm 3; as its authors' code, the first step of a matrix only makes the bases."
  )

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(SOAP.learningRateField)
    moments = Moments(from: &reader, fields: SOAP.momentFields)
    decay = reader.double(SOAP.decayField)
    weightDecay = reader.double(SOAP.weightDecayField)
    every = reader.integer(PreconditionedFields.every)
    largest = reader.integer(PreconditionedFields.largest)
  }

  public var configuration: [(String, JSON)] {
    [("learning_rate", .number(learningRate))] + moments.configuration + [
      ("factor_decay", .number(decay)), ("weight_decay", .number(weightDecay)),
      ("precondition_every", .integer(every)), ("max_factor", .integer(largest)),
    ]
  }

  public var interval: Int { every }
  var map: String { "basis" }
  var keepsSquares: Bool { true }
  var skipped: Int { 1 }

  func matrixStep(_ operands: OptimizerOperands) -> [KernelCall] {
    let rule = OptimizerKernels.Preconditioning {
      $0.beta1 = moments.beta1
      $0.beta2 = moments.beta2
      $0.epsilon = moments.epsilon
      $0.decay = decay
      $0.weightDecay = weightDecay
    }
    return OptimizerKernels.soap(operands, rule)
  }
}
