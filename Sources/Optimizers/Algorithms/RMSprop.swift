import JSON
import Kernels
import Tensors

/// Steps divided by a running mean of the gradient's magnitude.
///
/// `v = α v + (1 - α) g²`; centred also `a = α a + (1 - α) g` and `v - a²` in place of `v`; `p -= η g / (√v + ε)`, with momentum
/// `b = μ b + g / (√v + ε)`, `p -= η b`. Tieleman and Hinton 2012, lecture 6.5; centred: Graves 2013, arXiv:1308.0850.
public struct RMSprop: Optimizer {
  public let learningRate: Double
  public let alpha: Double
  public let epsilon: Double
  public let momentum: Double
  public let isCentred: Bool
  public let weightDecay: Double

  private static let learningRateField = OptimizerFields.learningRate(0.01)
  private static let alphaField = Field(
    "alpha", .number(0...0.999_999_9), default: 0.99, "α, the decay of the running means.")
  private static let epsilonField = Moments.fields[2]
  private static let momentumField = Field(
    "momentum", .number(0...1), default: 0.0, "μ, what is kept of the step before.")
  private static let centredField = Field(
    "centered", .boolean, default: false,
    "Whether the mean's square is taken off, so that the variance is what divides.")

  public static let documentation = CatalogEntry(
    type: "rmsprop",
    summary: "Steps divided by a running mean of the gradient's magnitude.",
    formula: """
      g += λ p; v = α v + (1 - α) g²; a = α a + (1 - α) g; d = √(v - (centered ? a² : 0)) + ε; \
      b = μ b + g / d; p -= η b
      """,
    fields: [
      learningRateField, alphaField, epsilonField, momentumField, centredField,
      OptimizerFields.weightDecay,
    ],
    source:
      "Tieleman and Hinton 2012, lecture 6.5; Graves 2013, arXiv:1308.0850. As torch.optim.RMSprop."
  )

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(RMSprop.learningRateField)
    alpha = reader.double(RMSprop.alphaField)
    epsilon = reader.double(RMSprop.epsilonField)
    momentum = reader.double(RMSprop.momentumField)
    isCentred = reader.bool(RMSprop.centredField)
    weightDecay = reader.double(OptimizerFields.weightDecay)
  }

  public var configuration: [(String, JSON)] {
    [
      ("learning_rate", .number(learningRate)), ("alpha", .number(alpha)),
      ("epsilon", .number(epsilon)), ("momentum", .number(momentum)),
      ("centered", .bool(isCentred)), ("weight_decay", .number(weightDecay)),
    ]
  }

  public func slots(of shape: Shape) -> [OptimizerSlot] {
    var names = ["square_avg"]
    if momentum > 0 { names.append("momentum_buffer") }
    if isCentred { names.append("grad_avg") }
    return names.map { OptimizerSlot($0, shape) }
  }

  public func update(_ operands: OptimizerOperands) -> [KernelCall] {
    let rule = UpdateRule {
      $0.beta2 = alpha
      $0.epsilon = epsilon
      $0.momentum = momentum
      $0.weightDecay = weightDecay
    }
    return [
      OptimizerKernels.call(
        .rmsprop, operands, slots: ["square_avg", "momentum_buffer", "grad_avg"], rule)
    ]
  }
}
