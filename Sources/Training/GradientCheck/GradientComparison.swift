/// Compares single derivatives with differences of the loss, and counts the forward passes.
struct GradientComparison {
  enum Verdict { case agrees, kink, fails }

  private let step: Double
  private let tolerance: Double
  private let loss: () -> Double
  /// The loss where nothing is moved.
  let center: Double
  private(set) var passes = 1

  init(_ configuration: GradientCheckConfiguration, loss: @escaping () -> Double) {
    step = configuration.step
    tolerance = configuration.tolerance
    self.loss = loss
    center = loss()
  }

  /// The difference that rounding alone can make: some last digits of the loss, divided by the step.
  var roundingError: Double { roundingError(step) }

  private func roundingError(_ step: Double) -> Double {
    32 * Double.ulpOfOne * max(1, abs(center)) / step
  }

  /// Compares the derivative with respect to one element, which is moved and put back.
  ///
  /// - Parameter largest: the parameter's largest derivative, of which the tolerance is a part.
  mutating func compare(
    _ analytic: Double, largest: Double, at place: UnsafeMutablePointer<Double>
  ) -> (verdict: Verdict, numeric: Double) {
    let whole = difference(step, at: place)
    let scale = max(largest, abs(whole.numeric))
    func bound(_ step: Double) -> Double { tolerance * scale + roundingError(step) }
    let difference = abs(analytic - whole.numeric)
    if difference.isFinite, difference <= bound(step) { return (.agrees, whole.numeric) }
    let steps = [step, step / 2, step / 4]
    let narrower = steps.dropFirst().map { self.difference($0, at: place) }
    let isKink = Kink.explains(analytic, [whole] + narrower, bounds: steps.map(bound))
    return (isKink ? .kink : .fails, whole.numeric)
  }

  private mutating func difference(
    _ step: Double, at place: UnsafeMutablePointer<Double>
  ) -> CentralDifference {
    let before = place.pointee
    place.pointee = before + step
    let above = loss()
    place.pointee = before - step
    let below = loss()
    place.pointee = before
    passes += 2
    return CentralDifference(step: step, center: center, above: above, below: below)
  }
}
