import JSON
import Tensors

/// Steps by the momentum over an estimate of each element's curvature, no longer than the learning rate.
///
/// `m = β₁ m + (1 - β₁) g`; each `k` steps `h = β₂ h + (1 - β₂) u ⊙ (B u)` with signs `u`, whose mean is the diagonal of the curvature `B`;
/// `w -= η λ w`, `w -= η clip(m / max(γ h, ε), 1)`. Liu et al. 2023, arXiv:2305.14342.
public struct Sophia: SolvingOptimizer {
  public let learningRate: Double
  public let beta1: Double
  public let beta2: Double
  public let scale: Double
  public let epsilon: Double
  public let weightDecay: Double
  public let estimateEvery: Int
  public let matrix: CurvatureMatrix

  private static let learningRateField = OptimizerFields.learningRate(0.001)
  private static let beta1Field = Field(
    "beta1", .number(0...0.999_999), default: 0.96, "β₁, the decay of the momentum.")
  private static let beta2Field = Field(
    "beta2", .number(0...0.999_999_9), default: 0.99, "β₂, the decay of the curvature's estimate.")
  private static let scaleField = Field(
    "gamma", .number(1e-12...1e6), default: 0.01,
    "γ: the larger, the fewer elements move by the whole learning rate.")
  private static let epsilonField = Field(
    "epsilon", .number(1e-30...1), default: 1e-12, "ε, the least curvature.")
  private static let weightDecayField = OptimizerFields.decoupledDecay(0)
  private static let everyField = Field(
    "estimate_every", .integer(1...100_000), default: 10,
    "k, the steps between two estimates, each about two passes over the batch.")

  public static let documentation = CatalogEntry(
    type: "sophia",
    summary: "Momentum over an estimate of each element's curvature, with bounded steps.",
    formula: """
      m = β₁ m + (1 - β₁) g; each k steps h = β₂ h + (1 - β₂) u ⊙ (B u), u of ±1; \
      w -= η λ w; w -= η clip(m / max(γ h, ε), 1)
      """,
    fields: [
      learningRateField, beta1Field, beta2Field, scaleField, epsilonField, weightDecayField,
      everyField, CurvatureFields.curvature,
    ],
    source:
      "Liu et al. 2023, arXiv:2305.14342, algorithm 3 with Hutchinson's estimator, by signs in place of normal draws, and by default of the Gauss–Newton matrix."
  )

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(Sophia.learningRateField)
    beta1 = reader.double(Sophia.beta1Field)
    beta2 = reader.double(Sophia.beta2Field)
    scale = reader.double(Sophia.scaleField)
    epsilon = reader.double(Sophia.epsilonField)
    weightDecay = reader.double(Sophia.weightDecayField)
    estimateEvery = reader.integer(Sophia.everyField)
    matrix = CurvatureFields.matrix(&reader)
  }

  public var configuration: [(String, JSON)] {
    [
      ("learning_rate", .number(learningRate)), ("beta1", .number(beta1)),
      ("beta2", .number(beta2)), ("gamma", .number(scale)), ("epsilon", .number(epsilon)),
      ("weight_decay", .number(weightDecay)), ("estimate_every", .integer(estimateEvery)),
      ("curvature", .string(matrix.rawValue)),
    ]
  }

  public var curvature: Curvature? { .products(matrix) }

  public func bytes(of shapes: [Shape], element: ElementType) -> Int {
    ParameterVectors.bytes(SophiaSolver.vectors, of: shapes, element: element)
  }

  public func solver(_ setting: SolverSetting) -> any StepSolver { SophiaSolver(self, setting) }
}
