import Foundation

/// Sums of log likelihood and squared error of the classes' probabilities.
final class LikelihoodTally: MetricTally {
  let classes: Int

  init(classes: Int) {
    self.classes = classes
    super.init(count: 4)
  }

  override func add(_ row: MetricRow) {
    storage[0] += 1
    guard let probabilities = row.probabilities, row.target >= 0, row.target < classes else {
      storage[1] = .nan
      storage[2] = .nan
      storage[3] = .nan
      return
    }
    let likely = probabilities[row.target] / row.sum
    // As scikit-learn cuts them off; a NaN stays one.
    let least = Double.ulpOfOne
    storage[1] -= log(likely < least ? least : likely > 1 - least ? 1 - least : likely)
    storage[2] -= log(likely)
    var square = 0.0
    for index in 0..<classes {
      let error = probabilities[index] / row.sum - (index == row.target ? 1 : 0)
      square += error * error
    }
    storage[3] += classes == 2 ? square / 2 : square
  }

  var logLoss: Double? { storage[0] == 0 ? nil : storage[1] / storage[0] }
  /// The same of probabilities that aren't cut off.
  var crossEntropy: Double? { storage[0] == 0 ? nil : storage[2] / storage[0] }
  var brier: Double? { storage[0] == 0 ? nil : storage[3] / storage[0] }
}
