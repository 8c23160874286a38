import NeuralNetworks

/// When an output counts as the right answer.
struct AnswerRule: Hashable {
  enum Choice: Hashable {
    /// The largest of the outputs stands at the class.
    case largest
    /// One output, whose being above the threshold says class 1.
    case above(Float)
  }

  let choice: Choice
  /// The class of places that there is no answer for.
  let ignoredClass: Int32?

  init(_ choice: Choice, ignoredClass: Int32? = nil) {
    self.choice = choice
    self.ignoredClass = ignoredClass
  }

  /// - Returns: `nil` when the targets are no classes, or the outputs no answers.
  init?(_ objective: Objective) {
    let loss = objective.loss
    guard loss.hasAnswers else { return nil }
    switch objective.encoding {
    case .classIndices, .oneHot: self.init(.largest, ignoredClass: loss.ignoredClass)
    case .classNumber: self.init(.above(Float(loss.decisionThreshold)))
    case .values, .numbers: return nil
    }
  }

  /// The share of right answers; `nil` where there are no answers.
  func accuracy(right: Int, of answers: Int) -> Double? {
    answers == 0 ? nil : Double(right) / Double(answers)
  }

  /// The class that one row of outputs says, the first of the largest; -1 where one is NaN.
  func answer(_ outputs: UnsafePointer<Float>, width: Int) -> Int {
    switch choice {
    case .above(let threshold): return outputs[0].isNaN ? -1 : outputs[0] > threshold ? 1 : 0
    case .largest:
      var best = 0
      for index in 0..<width {
        if outputs[index].isNaN { return -1 }
        if outputs[index] > outputs[best] { best = index }
      }
      return best
    }
  }

  /// How many of the `[rows, width]` outputs are answers, and right; the first of equals counts, NaN never, nor
  /// a row whose class is none of the outputs.
  func count(
    outputs: UnsafePointer<Float>, classes: UnsafePointer<Int32>, rows: Int, width: Int
  ) -> (right: Int, answers: Int) {
    var (right, answers) = (0, rows)
    switch choice {
    case .largest:
      for row in 0..<rows {
        if classes[row] == ignoredClass {
          answers -= 1
          continue
        }
        let scores = outputs + row * width
        let target = Int(classes[row])
        guard (0..<width).contains(target) else { continue }
        let score = scores[target]
        var isRight = score == score
        for index in 0..<width {
          // Earlier columns must be smaller, later ones not larger; a NaN is neither.
          let holds = index < target ? scores[index] < score : scores[index] <= score
          isRight = isRight && holds
        }
        if isRight { right += 1 }
      }
    case .above(let threshold):
      for row in 0..<rows
      where !outputs[row].isNaN && (outputs[row] > threshold) == (classes[row] == 1) {
        right += 1
      }
    }
    return (right, answers)
  }
}
