import JSON
import Tensors

/// Newton's direction by what the last steps and changes of the gradient tell of the Hessian.
///
/// `d = -H g` by the two loops over the last pairs `s = Δw`, `y = Δg`, from `H₀ = (sᵀy / yᵀy) I`; `w += t d` with `t` by a search along `d`,
/// several times a step on the same batch. Liu and Nocedal 1989, "On the limited memory BFGS method for large scale optimization".
public struct LBFGS: SolvingOptimizer {
  public let learningRate: Double
  public let iterations: Int
  public let evaluations: Int
  public let history: Int
  public let searchesLine: Bool
  public let gradientTolerance: Double
  public let changeTolerance: Double

  private static let learningRateField = OptimizerFields.learningRate(1)
  private static let iterationsField = Field(
    "iterations", .integer(1...1000), default: 20, "Iterations a step, all on its batch.")
  private static let evaluationsField = Field(
    "evaluations", .integer(2...10_000),
    "Passes over the batch that a step takes at most; 5/4 of the iterations, and 25 at least, when left out."
  )
  private static let historyField = Field(
    "history", .integer(1...100), default: 10,
    "Pairs that are remembered, each two copies of the parameters.")
  private static let searchField = Field(
    "line_search", .choice(["strong_wolfe", "none"]), default: "strong_wolfe",
    "How far a step goes: until loss and slope have fallen enough, or always the learning rate.")
  private static let gradientField = Field(
    "gradient_tolerance", .number(0...1), default: 1e-7,
    "A step ends when no element of the gradient is larger.")
  private static let changeField = Field(
    "change_tolerance", .number(0...1), default: 1e-9,
    "A step ends when neither a weight nor the loss changes by more.")

  public static let documentation = CatalogEntry(
    type: "lbfgs",
    summary: "Newton's direction by what the last steps tell of the Hessian.",
    formula: "d = -H g, H from the last pairs (Δw, Δg); w += t d, t by a strong-Wolfe search",
    fields: [
      learningRateField, iterationsField, evaluationsField, historyField, searchField,
      gradientField, changeField,
    ],
    source:
      "Liu and Nocedal 1989, doi:10.1007/BF01589116; Nocedal and Wright 2006, algorithms 7.4, 3.5. As torch.optim.LBFGS."
  )

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(LBFGS.learningRateField)
    iterations = reader.integer(LBFGS.iterationsField)
    evaluations =
      reader.has("evaluations")
      ? reader.integer(LBFGS.evaluationsField) : max(25, iterations * 5 / 4)
    history = reader.integer(LBFGS.historyField)
    searchesLine = reader.choice(LBFGS.searchField) == "strong_wolfe"
    gradientTolerance = reader.double(LBFGS.gradientField)
    changeTolerance = reader.double(LBFGS.changeField)
  }

  public var configuration: [(String, JSON)] {
    [
      ("learning_rate", .number(learningRate)), ("iterations", .integer(iterations)),
      ("evaluations", .integer(evaluations)), ("history", .integer(history)),
      ("line_search", .string(searchesLine ? "strong_wolfe" : "none")),
      ("gradient_tolerance", .number(gradientTolerance)),
      ("change_tolerance", .number(changeTolerance)),
    ]
  }

  public var curvature: Curvature? { nil }

  public func bytes(of shapes: [Shape], element: ElementType) -> Int {
    ParameterVectors.bytes(
      2 * history + LBFGSSolver.ownVectors, of: shapes, element: element)
  }

  public func solver(_ setting: SolverSetting) -> any StepSolver { LBFGSSolver(self, setting) }
}
