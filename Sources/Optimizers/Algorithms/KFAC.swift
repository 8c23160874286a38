import Autodiff
import JSON
import Kernels
import Tensors

/// Natural-gradient steps with a Fisher matrix of small factors: one of a layer's inputs, one of the gradients at its outputs.
///
/// A dense layer's or convolution's block of the Fisher matrix counts as `A ⊗ S`, `A = E[a aᵀ]` of its inputs with a 1 for the bias, `S = E[s sᵀ]` of
/// gradients at its outputs, so that `(S + λ_S I)⁻¹ G (A + λ_A I)⁻¹` is its step. Everything else takes the gradient as it is.
/// Martens and Grosse 2015, arXiv:1503.05671; convolutions: Grosse and Martens 2016, arXiv:1602.01407.
public struct KFAC: SolvingOptimizer {
  public let learningRate: Double
  public let momentum: Double
  public let damping: Double
  public let decay: Double
  public let factorsEvery: Int
  public let inversesEvery: Int
  public let divergence: Double
  public let isEmpirical: Bool
  public let largest: Int

  private static let learningRateField = OptimizerFields.learningRate(0.05)
  private static let momentumField = Field(
    "momentum", .number(0...0.999_999), default: 0.9, "μ, the decay of the momentum.")
  private static let dampingField = CurvatureFields.damping(0.003)
  private static let decayField = Field(
    "decay", .number(0...0.999_999), default: 0.95,
    "ε, of the factors' averages: at the k-th measurement min(1 - 1/k, ε).")
  private static let factorsField = Field(
    "factors_every", .integer(1...100_000), default: 1,
    "Steps between two measurements of the factors, each about a pass over the batch.")
  private static let inversesField = Field(
    "inverses_every", .integer(1...100_000), default: 10,
    "Steps between two inversions of the factors.")
  private static let divergenceField = Field(
    "max_divergence", .number(0...1e6), default: 0.001,
    "κ: the preconditioned layers' step is shortened until η² Σ pᵀg is no more; 0 for never.")
  private static let fisherField = Field(
    "fisher", .choice(["sampled", "empirical"]), default: "sampled",
    "Gradients of which outputs make S: draws from the model's own predictions, or the batch's targets."
  )
  private static let largestField = Field(
    "max_factor", .integer(1...8192), default: 2048,
    "Rows of the largest factor; a layer with a larger one takes the gradient as it is.")

  public static let documentation = CatalogEntry(
    type: "kfac",
    summary: "Natural-gradient steps with a Fisher matrix of two small factors a layer.",
    formula: """
      A = E[a aᵀ], S = E[s sᵀ]; p = (S + √λ/π I)⁻¹ G (A + π √λ I)⁻¹, π² = (tr A / dim A) / (tr S / dim S); \
      m = μ m + ν p; w -= η m
      """,
    fields: [
      learningRateField, momentumField, dampingField, decayField, factorsField, inversesField,
      divergenceField, fisherField, largestField,
    ],
    source:
      "Martens and Grosse 2015, arXiv:1503.05671, without its adaptive damping and its own momentum; convolutions: Grosse and Martens "
      + "2016, arXiv:1602.01407; κ: Ba et al. 2017.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(KFAC.learningRateField)
    momentum = reader.double(KFAC.momentumField)
    damping = reader.double(KFAC.dampingField)
    decay = reader.double(KFAC.decayField)
    factorsEvery = reader.integer(KFAC.factorsField)
    inversesEvery = reader.integer(KFAC.inversesField)
    divergence = reader.double(KFAC.divergenceField)
    isEmpirical = reader.choice(KFAC.fisherField) == "empirical"
    largest = reader.integer(KFAC.largestField)
  }

  public var configuration: [(String, JSON)] {
    [
      ("learning_rate", .number(learningRate)), ("momentum", .number(momentum)),
      ("damping", .number(damping)), ("decay", .number(decay)),
      ("factors_every", .integer(factorsEvery)), ("inverses_every", .integer(inversesEvery)),
      ("max_divergence", .number(divergence)),
      ("fisher", .string(isEmpirical ? "empirical" : "sampled")),
      ("max_factor", .integer(largest)),
    ]
  }

  public var curvature: Curvature? { .factors(isEmpirical: isEmpirical, largest: largest) }

  /// Three of each factor: measured, averaged and inverted; and the scratch memory of the largest.
  public func bytes(of shapes: [Shape], element: ElementType) -> Int {
    let own = 4 * shapes.reduce(0) { $0 + $1.count } * element.byteCount
    var (factors, scratch) = (0, 0)
    for shape in shapes where shape.rank > 1 {
      let sides = [shape[0], shape.count / max(shape[0], 1) + 1]
      guard sides.allSatisfy({ $0 <= largest }) else { continue }
      factors += sides.reduce(0) { $0 + $1 * $1 }
      scratch = max(scratch, sides.reduce(0) { max($0, $1 * $1) })
    }
    return own + 3 * factors * element.byteCount + 2 * scratch * 8
  }

  public func solver(_ setting: SolverSetting) -> any StepSolver { KFACSolver(self, setting) }
}
