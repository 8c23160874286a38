import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct PreflightTests {
  private func report(
    _ layers: [JSON], training: JSONObject = JSONObject(), examples: MemoryExamples? = nil
  ) throws -> PreflightReport {
    try Preflight(
      model: Model(ModelSpec(["input": ["shape": [2]], "layers": .array(layers)])),
      data: TrainingData(training: examples ?? Spiral.examples(200)),
      configuration: Spiral.configuration(training)
    ).run()
  }

  private func perceptron(depth: Int, _ activation: JSON, initializer: JSON) -> [JSON] {
    let hidden: JSON = [
      "type": "dense", "units": 64, "activation": activation, "initializer": initializer,
    ]
    return Array(repeating: hidden, count: depth) + [["type": "dense", "units": 3]]
  }

  @Test("the figures are those of a run's first step")
  func isFirstStep() throws {
    let found = try report([
      ["type": "dense", "units": 24, "activation": "relu"], ["type": "dense", "units": 3],
    ])
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: Model(
        ModelSpec([
          "input": ["shape": [2]],
          "layers": [
            ["type": "dense", "units": 24, "activation": "relu"], ["type": "dense", "units": 3],
          ],
        ])), data: TrainingData(training: Spiral.examples(200)),
      configuration: Spiral.configuration())
    _ = try trainer.run(observer: observer)
    let block = try #require(observer.blocks.first)
    #expect(found.loss == block.losses[0])
    #expect(found.parameters.map(\.gradient) == Array(try #require(block.gradients(at: 0))))
    #expect(found.activations.map(\.layer) == observer.activations.prefix(2).map(\.layer))
    #expect(found.failure == nil)
    #expect((found.noiseScale ?? .nan) > 0)
  }

  @Test("ten sigmoid layers lose the gradient by about a factor of slope times scale a layer")
  func sigmoids() throws {
    // Weights of standard deviation s between 64 units: a backward step multiplies the error's mean square by
    // 64 s² times that of the slope, at most 1/4; with s = 1/8 by a factor of 4 in size.
    let layers = perceptron(
      depth: 10, "sigmoid", initializer: ["type": "normal", "std": 0.125])
    let slope = try #require(try report(layers).depthSlope)
    #expect(abs(slope - log10(0.25)) < 0.12, "\(slope)")
  }

  @Test("ten rectified layers by He's initializer keep it")
  func rectifiers() throws {
    let slope = try #require(
      try report(perceptron(depth: 10, "relu", initializer: "he_normal")).depthSlope)
    #expect(abs(slope) < 0.1, "\(slope)")
  }

  @Test("a first step that can't be taken says why")
  func failing() throws {
    let found = try report([
      ["type": "dense", "units": 4, "activation": ["expression": "log(x)"]],
      ["type": "dense", "units": 3],
    ])
    #expect(found.failure?.autopsy.operation?.operation == "expression")
    #expect(found.json["failure"]?.string?.contains("NaN") == true)
  }
}
