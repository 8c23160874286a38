import JSON
import Kernels
import Tensors

/// Steps as large as those before have been, by running means of both squares.
///
/// `v = ρ v + (1 - ρ) g²`; `d = √(u + ε) / √(v + ε) · g`; `u = ρ u + (1 - ρ) d²`; `p -= η d`. Zeiler 2012, arXiv:1212.5701.
public struct Adadelta: Optimizer {
  public let learningRate: Double
  public let rho: Double
  public let epsilon: Double
  public let weightDecay: Double

  private static let learningRateField = OptimizerFields.learningRate(1)
  private static let rhoField = Field(
    "rho", .number(0...0.999_999_9), default: 0.9, "ρ, the decay of both running means.")
  private static let epsilonField = Moments.fields(epsilon: 1e-6)[2]
  private static let slotNames = ["square_avg", "acc_delta"]

  public static let documentation = CatalogEntry(
    type: "adadelta",
    summary: "Steps as large as those before have been, by running means of both squares.",
    formula: """
      g += λ p; v = ρ v + (1 - ρ) g²; d = √(u + ε) / √(v + ε) · g; u = ρ u + (1 - ρ) d²; p -= η d
      """,
    fields: [learningRateField, rhoField, epsilonField, OptimizerFields.weightDecay],
    source: "Zeiler 2012, arXiv:1212.5701. As torch.optim.Adadelta.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(Adadelta.learningRateField)
    rho = reader.double(Adadelta.rhoField)
    epsilon = reader.double(Adadelta.epsilonField)
    weightDecay = reader.double(OptimizerFields.weightDecay)
  }

  public var configuration: [(String, JSON)] {
    [
      ("learning_rate", .number(learningRate)), ("rho", .number(rho)),
      ("epsilon", .number(epsilon)), ("weight_decay", .number(weightDecay)),
    ]
  }

  public func slots(of shape: Shape) -> [OptimizerSlot] {
    Adadelta.slotNames.map { OptimizerSlot($0, shape) }
  }

  public func update(_ operands: OptimizerOperands) -> [KernelCall] {
    let rule = UpdateRule {
      $0.beta2 = rho
      $0.epsilon = epsilon
      $0.weightDecay = weightDecay
    }
    return [OptimizerKernels.call(.adadelta, operands, slots: Adadelta.slotNames, rule)]
  }
}
