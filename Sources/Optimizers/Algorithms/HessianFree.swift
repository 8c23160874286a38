import JSON

/// Newton's steps by conjugate gradients that stop when they gain little.
///
/// `(B + λ I) p = -g` begun from `γ` times the last solution; `w += t p` with `t` shortened until the loss falls; `λ` grows by 3/2 where the
/// loss falls less than a quarter of what was promised, and shrinks by 2/3 above three quarters. Martens 2010.
public struct HessianFree: CurvatureOptimizer {
  public let learningRate: Double
  public let damping: Double
  public let matrix: CurvatureMatrix
  public let iterations: Int
  public let progress: Double
  public let warmStart: Double

  private static let learningRateField = OptimizerFields.learningRate(1)
  private static let dampingField = CurvatureFields.damping(1)
  private static let iterationsField = CurvatureFields.iterations(50)
  private static let progressField = Field(
    "cg_progress", .number(0...1), default: 5e-4,
    "ε: conjugate gradients end when ten iterations gain less than 10 ε of all that was gained.")
  private static let warmStartField = Field(
    "warm_start", .number(0...1), default: 0.95,
    "γ, by what the last solution is multiplied to begin from.")
  /// The line search's shortenings.
  private static let shortenings = 60

  public static let documentation = CatalogEntry(
    type: "hessian_free",
    summary: "Newton's steps by conjugate gradients that stop when they gain little.",
    formula:
      "(B + λ I) p = -g by conjugate gradients from γ p; w += t p, t shortened until the loss falls",
    fields: [
      learningRateField, dampingField, CurvatureFields.curvature, iterationsField, progressField,
      warmStartField,
    ],
    source:
      "Martens 2010, \"Deep learning via Hessian-free optimization\", without its choice among earlier iterates; warm start: "
      + "Martens and Sutskever 2012.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(HessianFree.learningRateField)
    damping = reader.double(HessianFree.dampingField)
    matrix = CurvatureFields.matrix(&reader)
    iterations = reader.integer(HessianFree.iterationsField)
    progress = reader.double(HessianFree.progressField)
    warmStart = reader.double(HessianFree.warmStartField)
  }

  public var configuration: [(String, JSON)] {
    [
      ("learning_rate", .number(learningRate)), ("damping", .number(damping)),
      ("curvature", .string(matrix.rawValue)), ("cg_iterations", .integer(iterations)),
      ("cg_progress", .number(progress)), ("warm_start", .number(warmStart)),
    ]
  }

  public var curvature: Curvature? { .products(matrix) }

  var rule: CurvatureRule {
    CurvatureRule(
      damping: damping, adaptation: .martens, search: .shorten(Self.shortenings),
      iterations: iterations, stop: .progress(progress),
      warmStart: warmStart > 0 ? warmStart : nil)
  }
}
