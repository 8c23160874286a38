import JSON
import Kernels
import Tensors

/// Steps divided by the root of all squared gradients so far.
///
/// `s += g²`, from an initial value on; `p -= η / (1 + (t - 1) κ) · g / (√s + ε)`. Duchi, Hazan and Singer 2011, JMLR 12.
public struct Adagrad: Optimizer {
  public let learningRate: Double
  public let learningRateDecay: Double
  public let initialAccumulator: Double
  public let epsilon: Double
  public let weightDecay: Double

  private static let learningRateField = OptimizerFields.learningRate(0.01)
  private static let decayField = Field(
    "lr_decay", .number(0...1e3), default: 0.0, "κ, by which the rate falls with the steps.")
  private static let accumulatorField = Field(
    "initial_accumulator_value", .number(0...1e12), default: 0.0,
    "What the sum of squares begins as.")
  private static let epsilonField = Moments.fields(epsilon: 1e-10)[2]

  public static let documentation = CatalogEntry(
    type: "adagrad",
    summary: "Steps divided by the root of all squared gradients so far.",
    formula: """
      g += λ p; s += g²; p -= η / (1 + (t - 1) κ) · g / (√s + ε)
      """,
    fields: [
      learningRateField, decayField, accumulatorField, epsilonField, OptimizerFields.weightDecay,
    ],
    source: "Duchi, Hazan and Singer 2011, JMLR 12. As torch.optim.Adagrad.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(Adagrad.learningRateField)
    learningRateDecay = reader.double(Adagrad.decayField)
    initialAccumulator = reader.double(Adagrad.accumulatorField)
    epsilon = reader.double(Adagrad.epsilonField)
    weightDecay = reader.double(OptimizerFields.weightDecay)
  }

  public var configuration: [(String, JSON)] {
    [
      ("learning_rate", .number(learningRate)), ("lr_decay", .number(learningRateDecay)),
      ("initial_accumulator_value", .number(initialAccumulator)), ("epsilon", .number(epsilon)),
      ("weight_decay", .number(weightDecay)),
    ]
  }

  public func slots(of shape: Shape) -> [OptimizerSlot] {
    [OptimizerSlot("sum", shape, beginning: .constant(initialAccumulator))]
  }

  public func factors(step: Int, learningRate: Double, memory: inout StepMemory) -> StepFactors {
    StepFactors(learningRate / (1 + Double(step - 1) * learningRateDecay))
  }

  public func update(_ operands: OptimizerOperands) -> [KernelCall] {
    let rule = UpdateRule {
      $0.epsilon = epsilon
      $0.weightDecay = weightDecay
    }
    return [OptimizerKernels.call(.adagrad, operands, slots: ["sum"], rule)]
  }
}
