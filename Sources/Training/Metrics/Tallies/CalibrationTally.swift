/// Probabilities against frequencies, in bins of equal width: of the likeliest class, and of each.
///
/// Bin `i` of `M` holds `(i / M, (i + 1) / M]`, the first one 0 too.
final class CalibrationTally: MetricTally {
  /// Classes that have bins of their own at most; of more there are only those of the likeliest one.
  static let mostClasses = 256

  let bins: Int
  let classes: Int

  /// - Parameter classes: which have bins of their own, unless they are too many.
  init(bins: Int, classes: Int) {
    self.bins = bins
    self.classes = classes <= Self.mostClasses ? classes : 0
    super.init(count: 1 + 3 * bins * (self.classes + 1))
  }

  override func add(_ row: MetricRow) {
    storage[0] += 1
    // The same as NaN in one of the bins, without one.
    guard let probabilities = row.probabilities, row.answer >= 0 else {
      storage[0] = .nan
      return
    }
    add(probabilities[row.answer] / row.sum, isRight: row.answer == row.target, to: 0)
    for index in 0..<classes {
      add(probabilities[index] / row.sum, isRight: index == row.target, to: index + 1)
    }
  }

  private func add(_ probability: Double, isRight: Bool, to group: Int) {
    guard probability >= 0, probability <= 1.001 else {
      storage[0] = .nan
      return
    }
    let place = 1 + 3 * (group * bins + bin(of: probability))
    storage[place] += 1
    storage[place + 1] += probability
    if isRight { storage[place + 2] += 1 }
  }

  private func bin(of probability: Double) -> Int {
    let step = 1 / Double(bins)
    var bin = min(max(Int(probability * Double(bins)), 0), bins - 1)
    while bin > 0, probability <= Double(bin) * step { bin -= 1 }
    while bin < bins - 1, probability > Double(bin + 1) * step { bin += 1 }
    return bin
  }

  /// `Σ n_b / N |right_b - confidence_b|` of the likeliest class; NaN where one was.
  var error: Double? {
    let examples = storage[0]
    if examples == 0 { return nil }
    var sum = 0.0
    for bin in 0..<bins {
      let place = 1 + 3 * bin
      sum += (storage[place + 2] - storage[place + 1]).magnitude
    }
    return sum / examples
  }

  /// The bins of a class, or of the likeliest one; `nil` when they weren't counted.
  func curve(of index: Int?) -> CalibrationCurve? {
    let group = index.map { $0 + 1 } ?? 0
    guard group <= classes, storage[0].isFinite else { return nil }
    return CalibrationCurve(
      classIndex: index,
      bins: (0..<bins).map { bin in
        let place = 1 + 3 * (group * bins + bin)
        let count = storage[place]
        return CalibrationCurve.Bin(
          count: Int(count), predicted: count == 0 ? 0 : storage[place + 1] / count,
          right: Int(storage[place + 2]))
      })
  }
}
