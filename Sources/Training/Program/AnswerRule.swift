import NeuralNetworks

/// When an output counts as the right answer.
enum AnswerRule: Hashable {
  /// The largest of the outputs stands at the class.
  case largest
  /// One output, whose being above the threshold says class 1.
  case above(Float)

  /// - Returns: `nil` when the targets are no classes.
  init?(_ objective: Objective) {
    switch objective.encoding {
    case .classIndices, .oneHot: self = .largest
    case .classNumber: self = .above(objective.loss is BinaryCrossEntropy ? 0 : 0.5)
    case .values: return nil
    }
  }

  /// How many of the `[rows, width]` outputs are right; the first of equals counts, NaN never, nor a
  /// row whose class is none of the outputs.
  func rightAnswers(
    outputs: UnsafePointer<Float>, classes: UnsafePointer<Int32>, rows: Int, width: Int
  ) -> Int {
    var right = 0
    switch self {
    case .largest:
      for row in 0..<rows {
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
      for row in 0..<rows where (outputs[row] > threshold) == (classes[row] == 1) {
        right += 1
      }
    }
    return right
  }
}
