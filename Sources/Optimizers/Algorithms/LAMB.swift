import JSON
import Kernels
import Tensors

/// Adam whose step in each parameter is in proportion to the parameter's norm.
///
/// Adam's `m` and `v`; `u = (m / (1 - β₁ᵗ)) / (√(v / (1 - β₂ᵗ)) + ε) + λ p`; `p -= η ‖p‖ / ‖u‖ · u`, the ratio 1 where a norm is 0.
/// You et al. 2019, arXiv:1904.00962.
public struct LAMB: Optimizer {
  public let learningRate: Double
  public let moments: Moments
  public let weightDecay: Double
  public let adapts: Bool

  private static let learningRateField = OptimizerFields.learningRate(0.001)
  private static let momentFields = Moments.fields(epsilon: 1e-6)
  private static let weightDecayField = Field(
    "weight_decay", .number(0...1e3), default: 0.01, "λ, added to Adam's step times the parameter.")

  public static let documentation = CatalogEntry(
    type: "lamb",
    summary: "Adam whose step in each parameter is in proportion to the parameter's norm.",
    formula: """
      m = β₁ m + (1 - β₁) g; v = β₂ v + (1 - β₂) g²; \
      u = m / (1 - β₁ᵗ) / (√v / √(1 - β₂ᵗ) + ε) + λ p; p -= η ‖p‖ / ‖u‖ · u
      """,
    fields: [learningRateField] + momentFields + [weightDecayField, LARS.adaptsField],
    source: "You et al. 2019, arXiv:1904.00962, algorithm 2 with φ(z) = z.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(LAMB.learningRateField)
    moments = Moments(from: &reader, fields: LAMB.momentFields)
    weightDecay = reader.double(LAMB.weightDecayField)
    adapts = reader.bool(LARS.adaptsField)
  }

  public var configuration: [(String, JSON)] {
    [("learning_rate", .number(learningRate))] + moments.configuration
      + [("weight_decay", .number(weightDecay)), ("adapts", .bool(adapts))]
  }

  public func slots(of shape: Shape) -> [OptimizerSlot] {
    Moments.slots(shape)
  }

  public func factors(step: Int, learningRate: Double, memory: inout StepMemory) -> StepFactors {
    let corrections = moments.corrections(step: step)
    return StepFactors(1 / corrections.first, 1 / corrections.second)
  }

  public func update(_ operands: OptimizerOperands) -> [KernelCall] {
    let rule = moments.rule(weightDecay: weightDecay, isDecoupled: false)
    return [
      OptimizerKernels.call(.lambNorms, operands, slots: Moments.names, rule),
      OptimizerKernels.reduce(operands) { [adapts] sums, scalars in
        let (step, own) = (sums.first.squareRoot(), sums.second.squareRoot())
        guard adapts, step > 0, own > 0 else { return scalars.learning_rate }
        return scalars.learning_rate * own / step
      },
      OptimizerKernels.call(.lamb, operands, slots: Moments.names, rule, isContinued: true),
    ]
  }

  public func workspaceBytes(of shape: Shape, element: ElementType) -> Int {
    OptimizerKernels.sumBytes
  }
}
