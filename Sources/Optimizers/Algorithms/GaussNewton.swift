import JSON

/// Gauss–Newton steps with Levenberg's damping.
///
/// `(G + λ I) p = -g`, `G = Jᵀ H J` of the batch, solved by conjugate gradients; `w += η p` where the loss falls, else again with a larger `λ`.
/// Levenberg 1944; Marquardt 1963; `λ` by Nielsen 1999.
public struct GaussNewton: CurvatureOptimizer {
  public let learningRate: Double
  public let damping: Double
  public let iterations: Int
  public let tolerance: Double
  public let attempts: Int

  private static let learningRateField = OptimizerFields.learningRate(1)
  private static let dampingField = CurvatureFields.damping(1e-3)
  private static let iterationsField = CurvatureFields.iterations(100)
  private static let toleranceField = CurvatureFields.tolerance(1e-6)
  private static let attemptsField = Field(
    "attempts", .integer(1...100), default: 10,
    "Solutions that a step tries until the loss falls; when none does the weights stay.")

  public static let documentation = CatalogEntry(
    type: "gauss_newton",
    summary: "Gauss–Newton steps with Levenberg's and Marquardt's damping.",
    formula:
      "(JᵀHJ + λ I) p = -g; w += η p where the loss falls; λ by how much it falls of what was promised",
    fields: [learningRateField, dampingField, iterationsField, toleranceField, attemptsField],
    source:
      "Levenberg 1944; Marquardt 1963, doi:10.1137/0111030; Nielsen 1999, IMM-REP-1999-05; products: Schraudolph 2002."
  )

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(GaussNewton.learningRateField)
    damping = reader.double(GaussNewton.dampingField)
    iterations = reader.integer(GaussNewton.iterationsField)
    tolerance = reader.double(GaussNewton.toleranceField)
    attempts = reader.integer(GaussNewton.attemptsField)
  }

  public var configuration: [(String, JSON)] {
    [
      ("learning_rate", .number(learningRate)), ("damping", .number(damping)),
      ("cg_iterations", .integer(iterations)), ("cg_tolerance", .number(tolerance)),
      ("attempts", .integer(attempts)),
    ]
  }

  public var curvature: Curvature? { .products(.gaussNewton) }

  var rule: CurvatureRule {
    CurvatureRule(
      damping: damping, adaptation: .nielsen, search: .damping(attempts), iterations: iterations,
      stop: .residual(tolerance))
  }
}
