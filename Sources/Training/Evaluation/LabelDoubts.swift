import Foundation
import NeuralNetworks

/// Examples of an evaluation whose label the model is sure is another: by the label's probability and that of its own answer.
///
/// Of examples that weren't trained on these are the likeliest to be labelled wrongly. Northcutt, Jiang and Chuang 2021,
/// "Confident learning", doi:10.1613/jair.1.12125.
public struct LabelDoubts: Hashable, Sendable, Codable {
  public struct Doubt: Hashable, Sendable, Codable {
    /// Its number in the dataset, from 0.
    public let example: Int
    /// Classes by their numbers.
    public let label: Int
    public let answer: Int
    /// The logarithm of how much likelier the answer is than the label.
    public let margin: Double
  }

  /// Probability of the answer at least, and of the label at most.
  static let sure = 0.95
  static let unlikely = 0.01
  /// Doubts that are kept.
  static let most = 20

  /// How many labels are doubted.
  public private(set) var count = 0
  /// Those with the largest margins, the largest first.
  public private(set) var largest: [Doubt] = []

  /// Whether an objective's outputs say how likely each class is.
  static func canJudge(_ objective: Objective) -> Bool {
    objective.loss is CrossEntropy && objective.learnsClasses && objective.places == 1
      && (2...10_000).contains(objective.answerWidth)
  }

  /// - Parameters:
  ///   - outputs: logits, `width` an example.
  ///   - examples: their numbers.
  mutating func add(
    _ outputs: UnsafePointer<Float>, width: Int, classes: UnsafePointer<Int32>,
    examples: UnsafeBufferPointer<Int>
  ) {
    for row in 0..<examples.count {
      let label = Int(classes[row])
      guard label >= 0, label < width else { continue }
      let logits = outputs + row * width
      var answer = 0
      for index in 1..<width where logits[index] > logits[answer] { answer = index }
      let margin = Double(logits[answer]) - Double(logits[label])
      // Most labels aren't doubted, and need no probability.
      guard margin >= Self.leastMargin, margin.isFinite else { continue }
      var sum = 0.0
      for index in 0..<width { sum += exp(Double(logits[index]) - Double(logits[answer])) }
      guard 1 / sum >= Self.sure, exp(-margin) / sum <= Self.unlikely else { continue }
      add(Doubt(example: examples[row], label: label, answer: answer, margin: margin))
    }
  }

  private static let leastMargin = log(sure / unlikely)

  private mutating func add(_ doubt: Doubt) {
    count += 1
    if largest.count == Self.most, doubt.margin <= largest[Self.most - 1].margin { return }
    let place = largest.firstIndex { $0.margin < doubt.margin } ?? largest.count
    largest.insert(doubt, at: place)
    if largest.count > Self.most { largest.removeLast() }
  }
}
