import JSON
import Kernels
import Tensors

/// Momentum made orthogonal, for matrices; AdamW for everything else.
///
/// `b = μ b + (1 - μ) g`; `u` is `b`, or with Nesterov's `μ b + (1 - μ) g`; `O` is `u / ‖u‖` after some Newton–Schulz iterations
/// `X = a X + (b A + c A²) X`, `A = X Xᵀ`; `p -= η λ p`, `p -= η s O` with `s = √max(1, rows / columns)`, or
/// `0.2 √max(rows, columns)` to move as far as AdamW does. The first axis is a matrix's rows, all others are its columns.
/// Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks"; Liu et al. 2025, arXiv:2502.16982.
public struct Muon: Optimizer {
  public let learningRate: Double
  public let momentum: Double
  public let isNesterov: Bool
  public let iterations: Int
  public let scaling: String
  public let orthogonalizes: Bool
  public let weightDecay: Double
  /// For what isn't a matrix.
  public let otherLearningRate: Double
  public let moments: Moments

  private static let learningRateField = OptimizerFields.learningRate(0.02)
  private static let momentumField = Field(
    "momentum", .number(0...0.999_999), default: 0.95, "μ, the decay of the momentum.")
  private static let nesterovField = Field(
    "nesterov", .boolean, default: true, "Whether the step looks ahead.")
  private static let iterationsField = Field(
    "iterations", .integer(1...20), default: 5, "Newton–Schulz iterations a step.")
  private static let scalingField = Field(
    "scaling", .choice(["original", "match_rms_adamw"]), default: "original",
    "s, how the step goes by the matrix's shape.")
  private static let orthogonalizesField = Field(
    "orthogonalizes", .boolean, default: true,
    "Whether matrices are made orthogonal; false in a group, as of embeddings or the last layer, leaves it to AdamW."
  )
  private static let weightDecayField = OptimizerFields.decoupledDecay(0.1)
  private static let otherLearningRateField = Field(
    "adamw_learning_rate", .number(0...1e4), default: 0.0003,
    "AdamW's rate, for what isn't a matrix; the schedule multiplies it too.")
  private static let momentFields = Moments.fields(beta2: 0.95, epsilon: 1e-10)
  /// Jordan's, of a quintic that brings singular values near 1 in few iterations.
  private static let coefficients = (a: 3.4445, b: -4.775, c: 2.0315)
  /// What a matrix's norm counts as at least.
  private static let leastNorm = 1e-7

  public static let documentation = CatalogEntry(
    type: "muon",
    summary: "Momentum made orthogonal, for matrices; AdamW for everything else.",
    formula: """
      b = μ b + (1 - μ) g; u = nesterov ? μ b + (1 - μ) g : b; X = u / ‖u‖; \
      X = 3.4445 X - 4.775 A X + 2.0315 A² X, A = X Xᵀ; p -= η λ p; p -= η s X
      """,
    fields: [
      learningRateField, momentumField, nesterovField, iterationsField, scalingField,
      orthogonalizesField, weightDecayField, otherLearningRateField,
    ] + momentFields,
    source:
      "Jordan et al. 2024, kellerjordan.github.io/posts/muon; Liu et al. 2025, arXiv:2502.16982. As torch.optim.Muon, but not in bfloat16."
  )

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(Muon.learningRateField)
    momentum = reader.double(Muon.momentumField)
    isNesterov = reader.bool(Muon.nesterovField)
    iterations = reader.integer(Muon.iterationsField)
    scaling = reader.choice(Muon.scalingField)
    orthogonalizes = reader.bool(Muon.orthogonalizesField)
    weightDecay = reader.double(Muon.weightDecayField)
    otherLearningRate = reader.double(Muon.otherLearningRateField)
    moments = Moments(from: &reader, fields: Muon.momentFields)
  }

  public var configuration: [(String, JSON)] {
    [
      ("learning_rate", .number(learningRate)), ("momentum", .number(momentum)),
      ("nesterov", .bool(isNesterov)), ("iterations", .integer(iterations)),
      ("scaling", .string(scaling)), ("orthogonalizes", .bool(orthogonalizes)),
      ("weight_decay", .number(weightDecay)),
      ("adamw_learning_rate", .number(otherLearningRate)),
    ] + moments.configuration
  }

  public func slots(of shape: Shape) -> [OptimizerSlot] {
    isMatrix(shape) ? [OptimizerSlot("momentum_buffer", shape)] : Moments.slots(shape)
  }

  public func factors(step: Int, learningRate: Double, memory: inout StepMemory) -> StepFactors {
    moments.factors(step: step, learningRate: learningRate)
  }

  public func update(_ operands: OptimizerOperands) -> [KernelCall] {
    guard isMatrix(operands.shape) else {
      return moments.plainStep(operands, weightDecay: weightDecay)
    }
    let rows = operands.shape.dimensions[0]
    let columns = operands.count / max(rows, 1)
    let rule = UpdateRule {
      $0.momentum = momentum
      $0.isNesterov = isNesterov
      $0.epsilon = Muon.leastNorm
      $0.weightDecay = weightDecay
      $0.isDecoupled = true
      $0.limit =
        scaling == "original"
        ? max(1, Double(rows) / Double(max(columns, 1))).squareRoot()
        : 0.2 * Double(max(rows, columns)).squareRoot()
    }
    return OptimizerKernels.muon(
      operands, rule, iterations: iterations, coefficients: Muon.coefficients)
  }

  public func workspaceBytes(of shape: Shape, element: ElementType) -> Int {
    isMatrix(shape)
      ? OptimizerKernels.sumBytes + OptimizerKernels.orthogonalBytes(shape, element) : 0
  }

  public func learningRate(of shape: Shape) -> Double {
    isMatrix(shape) ? learningRate : otherLearningRate
  }

  private func isMatrix(_ shape: Shape) -> Bool { orthogonalizes && shape.rank > 1 }
}
