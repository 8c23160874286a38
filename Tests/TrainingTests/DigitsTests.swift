import Datasets
import Foundation
import NeuralNetworks
import Testing

@testable import Training

@Suite struct DigitsTests {
  /// The 1,797 handwritten digits of UCI that ship with the project.
  static func dataset() throws -> Dataset {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../examples/data/digits.csv.gz").standardizedFileURL
    let directory = FileManager.default.temporaryDirectory
      .appending(path: "chainrule-digits-\(UUID().uuidString)")
    var options = ImportOptions()
    options.shape = [1, 8, 8]
    let importer = DatasetImporter(options: options)
    _ = try importer.run(parts: [DatasetImporter.Part(file: file)], into: directory)
    let dataset = try Dataset.open(directory: directory)
    // The maps stay.
    try FileManager.default.removeItem(at: directory)
    return dataset
  }

  /// One hidden layer, for where nothing more is needed.
  static func smallModel() throws -> Model {
    try Model(
      ModelSpec([
        "input": ["shape": [1, 8, 8]],
        "layers": [
          ["type": "flatten"], ["type": "dense", "units": 32, "activation": "tanh"],
          ["type": "dense", "units": 10],
        ],
      ]))
  }

  static func model() throws -> Model {
    try Model(
      ModelSpec([
        "input": ["shape": [1, 8, 8]],
        "layers": [
          ["type": "conv2d", "filters": 16, "kernel": 3, "padding": "same", "activation": "relu"],
          ["type": "max_pool2d", "size": 2],
          ["type": "conv2d", "filters": 32, "kernel": 3, "padding": "same", "activation": "relu"],
          ["type": "flatten"],
          ["type": "dense", "units": 64, "activation": "relu", "name": "hidden"],
          ["type": "dense", "units": 10],
        ],
      ]))
  }

  @Test("a small CNN reads at least 97 of 100 handwritten digits that it has never seen")
  func learnsDigits() throws {
    let configuration = try TrainingConfiguration([
      "epochs": 8, "batch_size": 32, "seed": 7, "loss": "cross_entropy",
      "optimizer": ["type": "adam", "learning_rate": 0.002],
      "validation": ["fraction": 0.2], "metrics": ["accuracy"],
    ])
    let dataset = try Self.dataset()
    let model = try Self.model()
    let trainer = try Trainer(
      model: model, data: TrainingData(training: dataset), configuration: configuration)
    let observer = RecordingObserver()
    let outcome = try trainer.run(observer: observer)
    let accuracy = try #require(outcome.validation?.accuracy)
    #expect(accuracy >= 0.97, "\(accuracy) of \(outcome.validation?.examples ?? 0)")

    // The weights alone give the same answers.
    let weights = try #require(outcome.weights)
    let all = try Evaluation.result(
      model: model, weights: weights, loss: configuration.losses.terms[0].loss, examples: dataset)
    #expect(all.examples == 1797)
    #expect(all.accuracy ?? 0 >= 0.97)

    var inputs = [Float](repeating: 0, count: 300 * 64)
    let indices = Array(0..<300)
    indices.withUnsafeBufferPointer { indices in
      inputs.withUnsafeMutableBufferPointer { inputs in
        if let base = inputs.baseAddress { dataset.gatherInputs(indices: indices, into: base) }
      }
    }
    let prediction = try Prediction(
      model: model, weights: weights, loss: configuration.losses.terms[0].loss)
    let one = try prediction.run(inputs, batchSize: 300)
    let pieces = try prediction.run(inputs, batchSize: 7)
    let probabilities = try #require(one.probabilities).elements(of: Float.self)
    for row in 0..<300 {
      let sum = probabilities[row * 10..<row * 10 + 10].reduce(0, +)
      #expect(abs(sum - 1) < 1e-5)
    }
    // Another batch size may add in another order.
    let outputs = zip(one.outputs.elements(of: Float.self), pieces.outputs.elements(of: Float.self))
    #expect(outputs.allSatisfy { abs($0 - $1) < 1e-4 })
  }

  @Test("convolutions end in the same bits at any number of threads")
  func threadsKeepBits() throws {
    let dataset = try Self.dataset()
    let bits = try [1, 2, 3, 8].map { threads in
      let configuration = try TrainingConfiguration([
        "steps": 12, "batch_size": 50, "seed": 3, "loss": "cross_entropy",
        "threads": .integer(threads),
      ])
      let trainer = try Trainer(
        model: Self.model(), data: TrainingData(training: dataset), configuration: configuration)
      return try trainer.run(observer: RecordingObserver()).weights?.bits
    }
    #expect(bits[0] != nil)
    #expect(bits[0] == bits[1])
    #expect(bits[0] == bits[2])
  }
}
