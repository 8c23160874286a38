import JSON

/// Descent by the natural gradient: the steepest where distance is how much the model's predictions change.
///
/// `w -= η (F + λ I)⁻¹ g`, with the Fisher matrix `F` of the likelihood whose negative logarithm is the loss, which is its Gauss–Newton matrix
/// (Martens 2014, arXiv:1412.1193), by conjugate gradients. Amari 1998, "Natural gradient works efficiently in learning".
public struct NaturalGradient: CurvatureOptimizer {
  public let learningRate: Double
  public let damping: Double
  public let iterations: Int
  public let tolerance: Double
  public let divergence: Double?

  private static let learningRateField = OptimizerFields.learningRate(0.1)
  private static let dampingField = CurvatureFields.damping(1e-3)
  private static let iterationsField = CurvatureFields.iterations(20)
  private static let toleranceField = CurvatureFields.tolerance(1e-4)
  private static let divergenceField = Field(
    "max_divergence", .number(0...1e6), default: nil,
    "The largest ½ pᵀFp of a step, about the Kullback–Leibler divergence that it makes; a longer one is shortened."
  )

  public static let documentation = CatalogEntry(
    type: "natural_gradient",
    summary: "Descent where distance is how much the model's predictions change.",
    formula: "w -= η (F + λ I)⁻¹ g, F the Fisher matrix of the batch",
    fields: [
      learningRateField, dampingField, iterationsField, toleranceField, divergenceField,
    ],
    source:
      "Amari 1998, doi:10.1162/089976698300017746; Martens 2014, arXiv:1412.1193; Pascanu and Bengio 2013, arXiv:1301.3584."
  )

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(NaturalGradient.learningRateField)
    damping = reader.double(NaturalGradient.dampingField)
    iterations = reader.integer(NaturalGradient.iterationsField)
    tolerance = reader.double(NaturalGradient.toleranceField)
    divergence = reader.has("max_divergence") ? reader.double(NaturalGradient.divergenceField) : nil
  }

  public var configuration: [(String, JSON)] {
    [
      ("learning_rate", .number(learningRate)), ("damping", .number(damping)),
      ("cg_iterations", .integer(iterations)), ("cg_tolerance", .number(tolerance)),
    ] + (divergence.map { [("max_divergence", .number($0))] } ?? [])
  }

  public var curvature: Curvature? { .products(.gaussNewton) }

  var rule: CurvatureRule {
    CurvatureRule(
      damping: damping, adaptation: .none, search: .none, iterations: iterations,
      stop: .residual(tolerance), trust: divergence)
  }
}
