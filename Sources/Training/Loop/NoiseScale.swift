/// The gradient noise scale `tr(Σ) / ‖G‖²`: the batch size, in examples, up to which a larger batch pays.
///
/// McCandlish, Kaplan and Amodei 2018, arXiv:1812.06162, appendix A. Of a batch of `B` examples with gradient `G_B` and the
/// gradient `G_b` of `b` examples among them, `tr(Σ) ≈ ‖G_b - G_B‖² / (1/b - 1/B)` and `‖G‖² ≈ ‖G_B‖² - tr(Σ)/B`. One such pair
/// says little, so both are averaged over measurements before they are divided.
public struct NoiseScale: Hashable, Sendable {
  /// The share of a new measurement in the averages, once there are that many.
  static let share = 0.1

  /// The average of `tr(Σ)`, of the examples' gradients around their mean; `nil` before the first measurement.
  public private(set) var variance: Double?
  /// The average of `‖G‖²`.
  public private(set) var gradientSquare: Double?

  init(variance: Double? = nil, gradientSquare: Double? = nil) {
    self.variance = variance
    self.gradientSquare = gradientSquare
  }

  /// Infinite while no gradient shows above the noise, NaN before the first measurement.
  public var value: Double {
    guard let variance, let gradientSquare else { return .nan }
    return gradientSquare > 0 ? variance / gradientSquare : .infinity
  }

  /// Takes a measurement in.
  mutating func add(variance new: Double, gradientSquare square: Double) {
    func moved(_ old: Double?, _ new: Double) -> Double {
      old.map { $0 + Self.share * (new - $0) } ?? new
    }
    variance = moved(variance, new)
    gradientSquare = moved(gradientSquare, square)
  }
}
