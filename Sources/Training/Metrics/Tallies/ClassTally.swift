/// Counts of right answers, answers and examples of each class, and which class was taken for which.
///
/// An answer with a NaN in it is none: it counts as an example of its class alone.
final class ClassTally: MetricTally {
  let classes: Int
  /// Whether classes are few enough for a count of each pair.
  let hasPairs: Bool

  init(classes: Int) {
    self.classes = classes
    hasPairs = classes <= ConfusionMatrix.mostClasses
    super.init(count: 3 * classes + 1 + (hasPairs ? classes * classes : 0))
  }

  override func add(_ row: MetricRow) {
    let isClass = row.target >= 0 && row.target < classes
    storage[3 * classes] += 1
    if isClass { storage[2 * classes + row.target] += 1 }
    guard row.answer >= 0 else { return }
    storage[classes + row.answer] += 1
    guard isClass else { return }
    if row.answer == row.target { storage[row.target] += 1 }
    if hasPairs { storage[3 * classes + 1 + row.target * classes + row.answer] += 1 }
  }

  /// Examples of any class, or none.
  var examples: Double { storage[3 * classes] }
  func right(_ index: Int) -> Double { storage[index] }
  func answers(_ index: Int) -> Double { storage[classes + index] }
  func support(_ index: Int) -> Double { storage[2 * classes + index] }

  /// `nil` when there are too many classes.
  var matrix: ConfusionMatrix? {
    guard hasPairs else { return nil }
    var matrix = ConfusionMatrix(classes: classes)
    for right in 0..<classes {
      for answer in 0..<classes {
        matrix[right, answer] = Int(storage[3 * classes + 1 + right * classes + answer])
      }
    }
    return matrix
  }

  /// A figure of each class made of right answers, answers and examples, put together by an average.
  ///
  /// A class that is neither answered nor right anywhere has no say, as in scikit-learn; 0 / 0 is 0.
  ///
  /// - Returns: `nil` without examples.
  func figure(
    _ average: Average, _ body: (_ right: Double, _ answers: Double, _ support: Double) -> Double
  ) -> Double? {
    guard examples > 0 else { return nil }
    switch average {
    case .binary:
      return body(right(1), answers(1), support(1))
    case .micro:
      var (right, answers, support) = (0.0, 0.0, 0.0)
      for index in 0..<classes {
        right += self.right(index)
        answers += self.answers(index)
        support += self.support(index)
      }
      return body(right, answers, support)
    case .macro, .weighted:
      let figures: [Double?] = (0..<classes).map { index in
        answers(index) + support(index) == 0
          ? nil : body(right(index), answers(index), support(index))
      }
      let mean = average.mean(figures, weights: (0..<classes).map(support))
      return mean.isNaN ? nil : mean
    }
  }

  /// A quotient that is 0 where nothing is divided by nothing.
  static func ratio(_ part: Double, _ whole: Double) -> Double { whole == 0 ? 0 : part / whole }
}
