import Foundation
import JSON
import NeuralNetworks
import Tensors

@testable import Training

/// Runs and evidence for the tests of the rules.
enum Diagnosed {
  /// What the rules saw in a real run, by the rule's name.
  static func run(
    _ layers: [JSON], _ training: JSONObject = JSONObject(),
    examples: MemoryExamples = Spiral.examples(120), validation: MemoryExamples? = nil,
    shape: JSON = [2], activationsEvery: Int = 5
  ) throws -> [String: [Finding]] {
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: Model(ModelSpec(["input": ["shape": shape], "layers": .array(layers)])),
      data: TrainingData(training: examples, validation: validation),
      configuration: configuration(training, hasValidation: validation != nil),
      observation: ObservationConfiguration(histogramsEvery: 0, activationsEvery: activationsEvery))
    _ = try trainer.run(observer: observer)
    return Dictionary(grouping: observer.findings.filter { !$0.isResolved }) { $0.rule }
  }

  private static func configuration(
    _ members: JSONObject, hasValidation: Bool
  ) throws -> TrainingConfiguration {
    var object = JSONObject([
      ("epochs", 4), ("batch_size", 20), ("seed", 11), ("loss", "cross_entropy"),
      ("optimizer", ["type": "adam", "learning_rate": 0.01]), ("metrics", ["accuracy"]),
    ])
    for (name, value) in members.members { object[name] = value == .null ? nil : value }
    if object["steps"] != nil { object["epochs"] = nil }
    return try TrainingConfiguration(.object(object), hasValidationDataset: hasValidation)
  }

  static func dense(_ units: Int, _ activation: JSON = "relu", _ more: JSONObject = JSONObject())
    -> JSON
  {
    var layer = JSONObject([
      ("type", "dense"), ("units", .integer(units)), ("activation", activation),
    ])
    for (name, value) in more.members { layer[name] = value }
    return .object(layer)
  }

  /// Examples of one input each, and the number to learn for it.
  static func pairs(_ inputs: [Double], _ targets: [Double]) -> MemoryExamples {
    MemoryExamples(
      inputs: inputs.map { Float($0) }, shape: [1],
      targets: .numbers(targets.map { Float($0) }, shape: [1]))
  }

  /// What the rules saw when a line was fitted by gradient descent over all examples at once.
  static func line(
    _ examples: MemoryExamples, steps: Int, rate: Double, loss: String = "mean_squared_error",
    _ more: JSONObject = JSONObject()
  ) throws -> [String: [Finding]] {
    var training = JSONObject([
      ("steps", .integer(steps)), ("batch_size", .integer(examples.examples)), ("loss", .string(loss)),
      ("metrics", []), ("optimizer", ["type": "sgd", "learning_rate": .number(rate)]),
    ])
    for (name, value) in more.members { training[name] = value }
    return try run([["type": "dense", "units": 1]], training, examples: examples, shape: [1])
  }

  static let head: JSON = ["type": "dense", "units": 3, "name": "head"]

  /// Evidence with a series of its own, at consecutive steps.
  static func evidence(
    _ series: [String: [Double]], batch: Int = 32, stepsPerEpoch: Int = 20, every: Int = 1
  ) -> Evidence {
    var evidence = Evidence(
      facts: RunFacts(
        layers: [], parameters: [], batchSize: batch, totalSteps: 10_000,
        stepsPerEpoch: stepsPerEpoch, hasValidation: true))
    for (name, values) in series {
      for (index, value) in values.enumerated() {
        evidence.add(series: name, step: (index + 1) * every, value: value)
      }
    }
    return evidence
  }

  /// Numbers between -1 and 1 that are always the same.
  static func noise(_ count: Int, seed: UInt64 = 1) -> [Double] {
    var random = Philox(seed: seed, purpose: "noise").generator()
    return (0..<count).map { _ in 2 * random.uniform() - 1 }
  }
}
