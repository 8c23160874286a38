import Foundation
import JSON
import NeuralNetworks
import Tensors
import Testing

@testable import Training

/// Means over batches of losses that weigh places, and accuracy among the places that count.
@Suite struct WeightedEvaluationTests {
  /// Ten examples of three places, of which some are ignored: two whole examples among them.
  private static let classes: [Int32] = [
    0, 1, -100, 2, 2, 1, -100, -100, -100, 1, 0, -100, 2, 1, 0, 0, -100, 1, -100, -100, -100, 1, 1,
    1,
    2, 0, 1, -100, 2, 0,
  ]
  private static let logits: [Float] = (0..<90).map { 2 * sin(Float($0) * 1.7) }
  private static let weights = [0.5, 2, 1.25]

  private static var examples: MemoryExamples {
    MemoryExamples(
      inputs: logits, shape: [3, 3], targets: .classes(classes, count: 3, shape: [3]))
  }

  /// By its definition, in float64.
  private static func expected(_ weights: [Double]) -> Double {
    var (sum, total) = (0.0, 0.0)
    for (place, label) in classes.enumerated() where label >= 0 {
      let row = logits[3 * place..<3 * place + 3].map(Double.init)
      let logarithm = log(row.map { exp($0) }.reduce(0, +))
      let weight = weights[Int(label)]
      sum += weight * (logarithm - row[Int(label)])
      total += weight
    }
    return sum / total
  }

  private func evaluate(_ loss: JSON, batchSize: Int) throws -> EvaluationResult {
    let model = try Model(
      ModelSpec([
        "input": ["shape": [3, 3]], "layers": [["type": "activation", "activation": "identity"]],
      ]))
    return try Evaluation.result(
      model: model, weights: Weights([]), loss: LossCatalog.decode(loss, pointer: ""),
      examples: Self.examples, batchSize: batchSize)
  }

  @Test(
    "an evaluation's loss is that of all examples as one batch, whatever the batch size",
    arguments: [1, 3, 4, 10])
  func lossOfAll(batchSize: Int) throws {
    let ignoring = try evaluate("cross_entropy", batchSize: batchSize)
    #expect(abs(ignoring.loss - Self.expected([1, 1, 1])) < 1e-6)
    let weighing = try evaluate(
      ["type": "cross_entropy", "class_weights": .array(Self.weights.map(JSON.number))],
      batchSize: batchSize)
    #expect(abs(weighing.loss - Self.expected(Self.weights)) < 1e-6)
  }

  @Test("places that are ignored are neither right nor wrong", arguments: [1, 4, 10])
  func accuracy(batchSize: Int) throws {
    var (right, answers) = (0, 0)
    for (place, label) in Self.classes.enumerated() where label >= 0 {
      let row = Self.logits[3 * place..<3 * place + 3]
      answers += 1
      if row.max() == row[3 * place + Int(label)] { right += 1 }
    }
    let result = try evaluate("cross_entropy", batchSize: batchSize)
    #expect(result.accuracy == Double(right) / Double(answers))
    // With class 1 ignored too, -100 is no class, and the loss says so.
    let other = try evaluate(["type": "cross_entropy", "ignore_index": 1], batchSize: batchSize)
    #expect(other.loss.isNaN)
  }

  @Test("nothing but ignored places costs nothing and has no accuracy")
  func nothing() throws {
    let model = try Model(
      ModelSpec([
        "input": ["shape": [3]], "layers": [["type": "activation", "activation": "identity"]],
      ]))
    let result = try Evaluation.result(
      model: model, weights: Weights([]), loss: LossCatalog.decode("cross_entropy", pointer: ""),
      examples: MemoryExamples(
        inputs: [1, 2, 3, 4, 5, 6], shape: [3], targets: .classes([-100, -100], count: 3)))
    #expect(result.loss == 0)
    #expect(result.accuracy == nil)
  }

  @Test("the loss of an epoch of training weighs its batches alike")
  func training() throws {
    let model = try Model(
      ModelSpec(["input": ["shape": [3, 3]], "layers": [["type": "dense", "units": 3]]]))
    // A rate at which the parameters stay what they are.
    let configuration = try TrainingConfiguration([
      "loss": ["type": "cross_entropy", "class_weights": .array(Self.weights.map(JSON.number))],
      "optimizer": ["type": "sgd", "learning_rate": 1e-12], "epochs": 1, "batch_size": 4,
      "metrics": ["accuracy"],
    ])
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: model, data: TrainingData(training: Self.examples, validation: Self.examples),
      configuration: configuration)
    let outcome = try trainer.run(observer: observer)
    let epoch = try #require(observer.epochs.first)
    let validation = try #require(outcome.validation)
    #expect(abs(epoch.loss - validation.loss) < 1e-6)
    #expect(epoch.accuracy == validation.accuracy)
  }

  @Test("ctc of padded sequences is that of the short ones, in an evaluation too")
  func padded() throws {
    func loss(_ length: Int, _ inputs: [Float]) throws -> Double {
      let model = try Model(
        ModelSpec([
          "input": ["shape": [.integer(length), 3], "padding": 9],
          "layers": [["type": "activation", "activation": "identity"]],
        ]))
      return try Evaluation.result(
        model: model, weights: Weights([]), loss: LossCatalog.decode("ctc", pointer: ""),
        examples: MemoryExamples(
          inputs: inputs, shape: [length, 3], targets: .classes([1, 2, 2, 0], count: 3, shape: [2]))
      ).loss
    }
    let (one, other): ([Float], [Float]) = ([1, 0.2, -1, 0, 2, 1], [0.3, -0.5, 1.5, 2, 1, 0.1])
    let padding: [Float] = [9, 9, 9, 9, 9, 9]
    let short = try loss(2, one + other)
    #expect(short > 0)
    #expect(try abs(loss(4, one + padding + other + padding) - short) < 1e-6)
  }

  @Test(
    "a single output says yes above the loss's own threshold",
    arguments: [("bce", 0.0), ("focal", 0), ("hinge", 0), ("squared_hinge", 0), ("mse", 0.5)])
  func thresholds(loss: String, threshold: Double) throws {
    let model = try Model(
      ModelSpec([
        "input": ["shape": [1]], "layers": [["type": "activation", "activation": "identity"]],
      ]))
    let inputs = [threshold - 0.25, threshold + 0.25, threshold + 2, threshold - 0.1].map {
      Float($0)
    }
    let result = try Evaluation.result(
      model: model, weights: Weights([]),
      loss: LossCatalog.decode(.string(loss), pointer: ""),
      examples: MemoryExamples(
        inputs: inputs, shape: [1], targets: .classes([0, 1, 1, 1], count: 2)))
    #expect(result.accuracy == 0.75)
  }

  @Test("a batch with too many pairs is refused where its size stands")
  func largestBatch() throws {
    let model = try Model(
      ModelSpec(["input": ["shape": [1]], "layers": [["type": "dense", "units": 2]]]))
    let configuration = try TrainingConfiguration([
      "loss": "triplet", "epochs": 1, "batch_size": 8193,
    ])
    let faults = TrainingData(
      training: MemoryExamples(inputs: [0, 1], shape: [1], targets: .classes([0, 1], count: 2))
    ).faults(model: model, configuration: configuration)
    #expect(faults.all.map(\.pointer) == ["/training/batch_size"], "\(faults)")
  }

  @Test("accuracy of a loss that answers with no class is refused")
  func noAnswers() throws {
    let model = try Model(
      ModelSpec(["input": ["shape": [2]], "layers": [["type": "dense", "units": 4]]]))
    for loss in ["triplet", "contrastive", "supervised_contrastive"] {
      let configuration = try TrainingConfiguration([
        "loss": .string(loss), "epochs": 1, "metrics": ["accuracy"],
      ])
      let faults = TrainingData(
        training: MemoryExamples(
          inputs: [0, 0, 1, 1, 2, 2], shape: [2], targets: .classes([0, 1, 0], count: 2))
      ).faults(model: model, configuration: configuration)
      #expect(faults.all.map(\.pointer) == ["/training/metrics/0"], "\(loss): \(faults)")
    }
  }
}
