import Foundation
import Tensors

/// Draws of the Beta distribution, as a ratio of Gamma draws.
enum BetaDistribution {
  /// Of `Beta(α, α)`.
  static func symmetric(_ alpha: Double, using generator: inout Philox.Generator) -> Double {
    // In logarithms: for a small α both draws may be too small for a number.
    let a = logGamma(alpha, using: &generator)
    let b = logGamma(alpha, using: &generator)
    return 1 / (1 + exp(b - a))
  }

  /// The logarithm of a draw of `Gamma(shape, 1)`: Marsaglia and Tsang 2000, ACM TOMS 26; for a shape below 1 that of
  /// `shape + 1`, times `u^(1/shape)`.
  static func logGamma(_ shape: Double, using generator: inout Philox.Generator) -> Double {
    if shape < 1 {
      return logGamma(shape + 1, using: &generator) + log(1 - generator.uniform()) / shape
    }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      // Box and Muller's normal.
      let radius = (-2 * log(1 - generator.uniform())).squareRoot()
      let x = radius * cos(2 * Double.pi * generator.uniform())
      let v = pow(1 + c * x, 3)
      guard v > 0 else { continue }
      if log(1 - generator.uniform()) < x * x / 2 + d - d * v + d * log(v) { return log(d * v) }
    }
  }
}
