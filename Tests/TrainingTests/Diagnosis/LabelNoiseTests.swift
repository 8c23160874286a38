import Datasets
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite("Doubted labels") struct LabelNoiseTests {
  private let digits: (inputs: [Float], labels: [Int32])

  init() throws {
    let dataset = try DigitsTests.dataset()
    var inputs = [Float](repeating: 0, count: dataset.examples * 64)
    inputs.withUnsafeMutableBufferPointer { place in
      Array(0..<dataset.examples).withUnsafeBufferPointer {
        if let base = place.baseAddress { dataset.gatherInputs(indices: $0, into: base) }
      }
    }
    digits = (inputs, Array(dataset.classIndices))
  }

  private func examples(_ range: Range<Int>, _ labels: [Int32]) -> MemoryExamples {
    MemoryExamples(
      inputs: Array(digits.inputs[range.lowerBound * 64..<range.upperBound * 64]), shape: [64],
      targets: .classes(Array(labels[range]), count: 10))
  }

  /// The findings of a run that trains on the first 1,300 digits, and its last evaluation.
  private func run(_ labels: [Int32]) throws -> (finding: Finding?, doubts: LabelDoubts) {
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: Model(
        ModelSpec([
          "input": ["shape": [64]],
          "layers": [
            ["type": "dense", "units": 48, "activation": "relu"], ["type": "dense", "units": 10],
          ],
        ])),
      data: TrainingData(
        training: examples(0..<1_300, digits.labels),
        validation: examples(1_300..<1_797, labels)),
      configuration: TrainingConfiguration(
        [
          "epochs": 25, "batch_size": 32, "seed": 3, "loss": "cross_entropy",
          "optimizer": ["type": "adam", "learning_rate": 0.003], "metrics": ["accuracy"],
        ], hasValidationDataset: true), observation: ObservationConfiguration())
    _ = try trainer.run(observer: observer)
    let finding = observer.findings.last { $0.rule == "label_noise" && !$0.isResolved }
    return (finding, try #require(observer.evaluations.last?.result.labelDoubts))
  }

  @Test("of digits whose labels were changed most are doubted, and few others")
  func changed() throws {
    var labels = digits.labels
    let changed = stride(from: 0, to: 480, by: 40).map { $0 }
    for example in changed { labels[1_300 + example] = (labels[1_300 + example] + 5) % 10 }
    let (finding, doubts) = try run(labels)
    let found = Set(doubts.largest.map(\.example)).intersection(changed)
    #expect(found.count >= 7, "\(doubts)")
    #expect(doubts.count <= changed.count + 12)
    for doubt in doubts.largest where changed.contains(doubt.example) {
      #expect(doubt.label == Int(labels[1_300 + doubt.example]))
    }
    #expect(doubts.largest.map(\.margin) == doubts.largest.map(\.margin).sorted(by: >))
    let told = try #require(finding)
    #expect(told.evidence.first { $0.name == "suspects" }?.value == Double(doubts.count))
    #expect(told.explanation.contains("\(doubts.largest[0].example) ("))
    // Where nothing was changed, fewer are.
    #expect(try run(digits.labels).doubts.count < doubts.count / 2)
  }

  @Test("a doubt takes a sure answer and a label that is all but impossible")
  func thresholds() {
    func doubts(_ logits: [Float], label: Int32) -> Int {
      var doubts = LabelDoubts()
      [7].withUnsafeBufferPointer {
        doubts.add(logits, width: logits.count, classes: [label], examples: $0)
      }
      return doubts.count
    }
    #expect(doubts([6, 0, 0], label: 1) == 1)
    #expect(doubts([6, 0, 0], label: 0) == 0)
    // The label has a probability of 1.7 %; or the answer of 88 %.
    #expect(doubts([4, 0, -9], label: 1) == 0)
    #expect(doubts([4, 2, -9], label: 2) == 0)
    #expect(doubts([6, 0, 0], label: -100) == 0)
  }
}
