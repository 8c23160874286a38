import Foundation
import JSON

/// Noise that is added to gradients, after they are clipped.
///
/// `N(0, σ²)` with `σ² = η / (1 + t)^γ`, `t` the steps taken before. Neelakantan et al. 2015, arXiv:1511.06807.
public struct GradientNoise: Hashable, Sendable {
  public let eta: Double
  public let gamma: Double

  static let fields = [
    Field("eta", .number(1e-12...1e6), isRequired: true, "η, the variance at the first step."),
    Field("gamma", .number(0...10), default: 0.55, "γ, how fast the variance falls."),
  ]

  public init(eta: Double, gamma: Double = 0.55) {
    self.eta = eta
    self.gamma = gamma
  }

  init(from reader: inout ObjectReader) {
    eta = reader.double(GradientNoise.fields[0])
    gamma = reader.double(GradientNoise.fields[1])
  }

  /// σ at a step, counted from 1.
  public func deviation(step: Int) -> Double { (eta / pow(Double(step), gamma)).squareRoot() }
}
