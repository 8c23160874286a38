/// Sums of errors for each number of the target, and the spread of the targets themselves.
///
/// The spread by Welford 1962 (doi:10.1080/00401706.1962.10490022), which loses nothing where the mean is far from 0.
final class NumberTally: MetricTally {
  /// Numbers of an example.
  let width: Int
  static let sums = 5

  init(width: Int) {
    self.width = width
    super.init(count: 1 + Self.sums * width)
  }

  /// Takes in one example.
  func add(_ targets: UnsafePointer<Float>, predictions: UnsafePointer<Double>) {
    storage[0] += 1
    let examples = storage[0]
    for index in 0..<width {
      let target = Double(targets[index])
      let error = predictions[index] - target
      let place = 1 + Self.sums * index
      storage[place] += error * error
      storage[place + 1] += error.magnitude
      storage[place + 2] += error.magnitude / max(target.magnitude, Double.ulpOfOne)
      let deviation = target - storage[place + 3]
      storage[place + 3] += deviation / examples
      storage[place + 4] += deviation * (target - storage[place + 3])
    }
  }

  private func mean(_ body: (Int) -> Double) -> Double? {
    guard storage[0] > 0, width > 0 else { return nil }
    var sum = 0.0
    for index in 0..<width { sum += body(1 + Self.sums * index) }
    return sum / Double(width)
  }

  var squaredError: Double? { mean { storage[$0] / storage[0] } }
  /// The mean over the numbers of each one's root, as scikit-learn has it.
  var rootSquaredError: Double? { mean { (storage[$0] / storage[0]).squareRoot() } }
  var absoluteError: Double? { mean { storage[$0 + 1] / storage[0] } }
  var percentageError: Double? { mean { storage[$0 + 2] / storage[0] } }

  /// The mean over the numbers of `1 - Σ (t - x)² / Σ (t - mean t)²`; of one that never changes 1 where it is met, else 0.
  /// NaN for fewer than two examples.
  var determination: Double? {
    if storage[0] == 1 { return .nan }
    return mean { place in
      let (residual, spread) = (storage[place], storage[place + 4])
      return spread != 0 ? 1 - residual / spread : residual == 0 ? 1 : residual.isNaN ? .nan : 0
    }
  }
}
