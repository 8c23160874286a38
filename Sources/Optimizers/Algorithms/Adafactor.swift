import Foundation
import JSON
import Kernels
import Tensors

/// Steps by a second moment that is kept as means of rows and columns, relative to the parameter's size.
///
/// `1 - β = t^γ`; of a matrix `R` and `C` move `1 - β` of the way to the means over columns and rows of `g²`, and
/// `v = R C / max(mean R, ε₁)`; of a vector `v` moves to `g²`. `u = g / √max(v, ε₁²)`;
/// `p -= max(ε₂, rms p) min(η, 1 / √t) · u / max(1, rms u / d)`. The last two axes are a matrix's, as in PyTorch.
/// Shazeer and Stern 2018, arXiv:1804.04235.
public struct Adafactor: Optimizer {
  public let learningRate: Double
  public let beta2Decay: Double
  /// `nil` for the machine epsilon of the parameter's type.
  public let epsilon1: Double?
  public let epsilon2: Double
  public let clipThreshold: Double
  public let weightDecay: Double

  private static let learningRateField = OptimizerFields.learningRate(0.01)
  private static let beta2DecayField = Field(
    "beta2_decay", .number(-1...0), default: -0.8, "γ, how fast the second moment slows down.")
  private static let epsilon1Field = Field(
    "epsilon1", .number(1e-38...1),
    "ε₁, the least mean of the rows, and its square of the second moment; as it is left out, the type's machine epsilon."
  )
  private static let epsilon2Field = Field(
    "epsilon2", .number(0...1), default: 0.001, "ε₂, the least size of a parameter.")
  private static let clipThresholdField = Field(
    "clip_threshold", .number(1...1e6), default: 1.0,
    "d, the most that the root mean square of a step may be before its size.")
  private static let weightDecayField = OptimizerFields.decoupledDecay(0)

  public static let documentation = CatalogEntry(
    type: "adafactor",
    summary: "Steps by a second moment that is kept as means of rows and columns.",
    formula: """
      R += t^γ (mean over columns of g² - R); C += t^γ (mean over rows of g² - C); \
      u = g / √max(R C / max(mean R, ε₁), ε₁²); \
      p -= η λ p; p -= max(ε₂, rms p) min(η, 1 / √t) · u / max(1, rms u / d)
      """,
    fields: [
      learningRateField, beta2DecayField, epsilon1Field, epsilon2Field, clipThresholdField,
      weightDecayField,
    ],
    source: "Shazeer and Stern 2018, arXiv:1804.04235. As torch.optim.Adafactor.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(Adafactor.learningRateField)
    beta2Decay = reader.double(Adafactor.beta2DecayField)
    epsilon1 = reader.double("epsilon1", in: 1e-38...1)
    epsilon2 = reader.double(Adafactor.epsilon2Field)
    clipThreshold = reader.double(Adafactor.clipThresholdField)
    weightDecay = reader.double(Adafactor.weightDecayField)
  }

  public var configuration: [(String, JSON)] {
    [
      ("learning_rate", .number(learningRate)), ("beta2_decay", .number(beta2Decay)),
      ("epsilon2", .number(epsilon2)), ("clip_threshold", .number(clipThreshold)),
      ("weight_decay", .number(weightDecay)),
    ] + (epsilon1.map { [("epsilon1", .number($0))] } ?? [])
  }

  public func slots(of shape: Shape) -> [OptimizerSlot] {
    let sizes = shape.dimensions
    guard sizes.count > 1 else { return [OptimizerSlot("variance", shape)] }
    return [
      OptimizerSlot("row_var", Shape(sizes.dropLast() + [1])),
      OptimizerSlot("col_var", Shape(sizes.dropLast(2) + [1, sizes[sizes.count - 1]])),
    ]
  }

  public func factors(step: Int, learningRate: Double, memory: inout StepMemory) -> StepFactors {
    let root = Double(step).squareRoot()
    return StepFactors(pow(Double(step), beta2Decay), min(learningRate, 1 / root))
  }

  public func update(_ operands: OptimizerOperands) -> [KernelCall] {
    let machine =
      operands.element == .float64 ? Double.ulpOfOne : Double(Float.ulpOfOne)
    let rule = UpdateRule {
      $0.limit = epsilon1 ?? machine
      $0.weightDecay = weightDecay
      $0.isDecoupled = true
    }
    let count = Double(max(operands.count, 1))
    let size: @Sendable (OptimizerKernels.Sums, OptimizerScalars) -> Double = {
      [epsilon2, clipThreshold] sums, scalars in
      let (step, own) = ((sums.first / count).squareRoot(), (sums.second / count).squareRoot())
      return max(epsilon2, own) * scalars.factors.1 / max(1, step / clipThreshold)
    }
    guard operands.shape.rank > 1 else {
      return [
        OptimizerKernels.call(.adafactorNorms, operands, slots: ["variance"], rule),
        OptimizerKernels.reduce(operands, size),
        OptimizerKernels.call(.adafactor, operands, slots: ["variance"], rule, isContinued: true),
      ]
    }
    return OptimizerKernels.adafactorMatrix(operands, rule, size: size)
  }

  public func workspaceBytes(of shape: Shape, element: ElementType) -> Int {
    OptimizerKernels.sumBytes + OptimizerKernels.factoredBytes(shape)
  }
}
