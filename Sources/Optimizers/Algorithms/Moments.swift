import Foundation
import JSON

/// The running means that Adam and its kin keep of the gradient and of its square.
public struct Moments: Hashable, Sendable {
  public let beta1: Double
  public let beta2: Double
  public let epsilon: Double

  static let fields = [
    Field("beta1", .number(0...0.999_999), default: 0.9, "β₁, the decay of the mean of gradients."),
    Field(
      "beta2", .number(0...0.999_999_9), default: 0.999,
      "β₂, the decay of the mean of squared gradients."),
    Field(
      "epsilon", .number(1e-30...1), default: 1e-8, "ε, added to the divisor, so that it isn't 0."),
  ]

  /// The names of the slots, as PyTorch has them.
  static let slots = ["exp_avg", "exp_avg_sq"]

  init(from reader: inout ObjectReader) {
    beta1 = reader.double(Moments.fields[0])
    beta2 = reader.double(Moments.fields[1])
    epsilon = reader.double(Moments.fields[2])
  }

  var configuration: [(String, JSON)] {
    [("beta1", .number(beta1)), ("beta2", .number(beta2)), ("epsilon", .number(epsilon))]
  }

  /// `1 - β₁ᵗ` and `√(1 - β₂ᵗ)`.
  func corrections(step: Int) -> (first: Double, second: Double) {
    (1 - pow(beta1, Double(step)), (1 - pow(beta2, Double(step))).squareRoot())
  }
}
