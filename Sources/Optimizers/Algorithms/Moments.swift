import Foundation
import JSON
import Kernels
import Tensors

/// The running means that Adam and its kin keep of the gradient and of its square.
public struct Moments: Hashable, Sendable {
  public let beta1: Double
  public let beta2: Double
  public let epsilon: Double

  static let fields = fields()

  static func fields(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8
  ) -> [Field] {
    [
      Field(
        "beta1", .number(0...0.999_999), default: .number(beta1),
        "β₁, the decay of the mean of gradients."),
      Field(
        "beta2", .number(0...0.999_999_9), default: .number(beta2),
        "β₂, the decay of the mean of squared gradients."),
      Field(
        "epsilon", .number(1e-30...1), default: .number(epsilon),
        "ε, added to the divisor, so that it isn't 0."),
    ]
  }

  /// The names of the slots, as PyTorch has them.
  static let names = ["exp_avg", "exp_avg_sq"]

  static func slots(_ shape: Shape) -> [OptimizerSlot] { names.map { OptimizerSlot($0, shape) } }

  init(from reader: inout ObjectReader, fields: [Field] = Moments.fields) {
    beta1 = reader.double(fields[0])
    beta2 = reader.double(fields[1])
    epsilon = reader.double(fields[2])
  }

  var configuration: [(String, JSON)] {
    [("beta1", .number(beta1)), ("beta2", .number(beta2)), ("epsilon", .number(epsilon))]
  }

  /// `1 - β₁ᵗ` and `√(1 - β₂ᵗ)`.
  func corrections(step: Int) -> (first: Double, second: Double) {
    (1 - pow(beta1, Double(step)), (1 - pow(beta2, Double(step))).squareRoot())
  }

  /// `η / (1 - β₁ᵗ)` and `1 / √(1 - β₂ᵗ)`.
  func factors(step: Int, learningRate: Double) -> StepFactors {
    let corrections = corrections(step: step)
    return StepFactors(learningRate / corrections.first, 1 / corrections.second)
  }

  func rule(weightDecay: Double, isDecoupled: Bool) -> UpdateRule {
    UpdateRule {
      $0.beta1 = beta1
      $0.beta2 = beta2
      $0.epsilon = epsilon
      $0.weightDecay = weightDecay
      $0.isDecoupled = isDecoupled
    }
  }

  /// Adam's step, of what another rule has no use for.
  func plainStep(_ operands: OptimizerOperands, weightDecay: Double) -> [KernelCall] {
    [
      OptimizerKernels.call(
        .adam, operands, slots: Moments.names,
        rule(weightDecay: weightDecay, isDecoupled: true))
    ]
  }
}
