/// The loss around one element of a parameter, with everything else held fixed.
struct CentralDifference {
  let step: Double
  /// The loss at `x`, `x + step` and `x - step`.
  let center: Double
  let above: Double
  let below: Double

  /// `(f(x + h) - f(x - h)) / 2h`.
  var numeric: Double { (above - below) / (2 * step) }
  /// `(f(x + h) - f(x)) / h`.
  var right: Double { (above - center) / step }
  /// `(f(x) - f(x - h)) / h`.
  var left: Double { (center - below) / step }
  /// How far apart the one-sided differences are: `h f''` where f is smooth.
  var jump: Double { right - left }

  /// Whether a derivative lies between the one-sided differences, as the slopes beside a kink do.
  func encloses(_ derivative: Double, slack: Double) -> Bool {
    min(left, right) - slack <= derivative && derivative <= max(left, right) + slack
  }
}
