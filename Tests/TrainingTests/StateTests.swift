import JSON
import NeuralNetworks
import Tensors
import Testing

@testable import Training

/// What a step changes beside what it learns, and what it leaves alone.
@Suite struct StateTests {
  private func weights(_ spec: JSON, steps: Int) throws -> [String: [Float]] {
    let model = try Model(ModelSpec(spec))
    let observer = RecordingObserver()
    let configuration = try TrainingConfiguration(
      ["steps": .integer(steps), "batch_size": 30, "loss": "cross_entropy", "shuffle": false])
    _ = try Trainer(
      model: model, data: TrainingData(training: Spiral.examples(30)), configuration: configuration
    ).run(observer: observer)
    let latest = try #require(observer.checkpoints.last { $0.state != nil }?.state)
    return Dictionary(
      uniqueKeysWithValues: latest.weights.tensors.map {
        ($0.name, $0.tensor.elements(of: Float.self))
      })
  }

  @Test("running statistics move towards the batch's by the momentum, the variance unbiased")
  func runningStatistics() throws {
    let spec: JSON = [
      "input": ["shape": [2]],
      "layers": [
        ["type": "batch_norm", "momentum": 0.25, "name": "norm"], ["type": "dense", "units": 3],
      ],
    ]
    let weights = try weights(spec, steps: 2)
    let examples = Spiral.examples(30)
    var inputs = [Float](repeating: 0, count: 60)
    var classes = [Int32](repeating: 0, count: 30)
    Array(0..<30).withUnsafeBufferPointer {
      let indices = $0
      inputs.withUnsafeMutableBytes { inputs in
        classes.withUnsafeMutableBytes {
          examples.gather(
            indices: indices, inputs: [inputs.baseAddress], targets: [$0.baseAddress])
        }
      }
    }
    for column in 0..<2 {
      let values = (0..<30).map { Double(inputs[2 * $0 + column]) }
      let mean = values.reduce(0, +) / 30
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 29
      // Twice a quarter of the way, from 0 and from 1.
      let part = 1 - 0.75 * 0.75
      let foundMean = try #require(weights["norm.running_mean"])[column]
      let foundVariance = try #require(weights["norm.running_var"])[column]
      #expect(abs(Double(foundMean) - part * mean) < 1e-6)
      #expect(abs(Double(foundVariance) - (0.75 * 0.75 + part * variance)) < 1e-6)
    }
  }

  @Test("a frozen layer keeps its parameters, the others learn")
  func frozen() throws {
    func spec(_ trainable: Bool) -> JSON {
      [
        "input": ["shape": [2]],
        "layers": [
          [
            "type": "dense", "units": 5, "activation": "tanh", "name": "first",
            "trainable": .bool(trainable),
          ],
          ["type": "dense", "units": 3, "name": "last"],
        ],
      ]
    }
    let initial = try Model(ModelSpec(spec(false))).initialParameters(seed: 0)
    let before = try #require(initial.pointer("first.weight")).assumingMemoryBound(to: Float.self)
    let untouched = Array(UnsafeBufferPointer(start: before, count: 10))
    let frozen = try weights(spec(false), steps: 3)
    let learned = try weights(spec(true), steps: 3)
    #expect(frozen["first.weight"] == untouched)
    #expect(learned["first.weight"] != untouched)
    #expect(frozen["last.weight"] != learned["last.weight"])
  }

  @Test("layers that share have one set of parameters, which both train")
  func shared() throws {
    let weights = try weights(
      [
        "input": ["shape": [2]],
        "layers": [
          ["type": "dense", "units": 2, "name": "once"],
          ["type": "dense", "units": 2, "share": "once"], ["type": "dense", "units": 3],
        ],
      ], steps: 1)
    #expect(
      weights.keys.sorted() == ["dense_2.bias", "dense_2.weight", "once.bias", "once.weight"])
  }

  @Test("what an activation learns is trained and kept with the weights, and not when it is frozen")
  func activations() throws {
    func spec(_ trainable: Bool) -> JSON {
      [
        "input": ["shape": [2]],
        "layers": [
          [
            "type": "dense", "units": 5, "name": "first", "trainable": .bool(trainable),
            "activation": [
              "expression": "x * sigmoid(beta * x) + c", "constants": ["c": 0.1],
              "parameters": ["beta": 1.5],
            ],
          ],
          [
            "type": "activation", "activation": ["type": "prelu", "per_channel": true], "name": "p",
          ],
          ["type": "dense", "units": 3, "name": "last"],
        ],
      ]
    }
    let learned = try weights(spec(true), steps: 3)
    #expect(
      learned.keys.sorted() == [
        "first.activation.beta", "first.bias", "first.weight", "last.bias", "last.weight",
        "p.weight",
      ])
    let beta = try #require(learned["first.activation.beta"]?.first)
    #expect(beta.isFinite && beta != 1.5)
    let slopes = try #require(learned["p.weight"])
    #expect(slopes.count == 5 && slopes.contains { $0 != 0.25 })
    #expect(try weights(spec(false), steps: 3)["first.activation.beta"] == [1.5])
  }

  @Test("what isn't a token is found before a run, with its example")
  func tokens() throws {
    let model = try Model(
      ModelSpec([
        "input": ["shape": [2], "dtype": "int32", "vocabulary": 4],
        "layers": [
          ["type": "embedding", "dimensions": 3], ["type": "flatten"],
          ["type": "dense", "units": 2],
        ],
      ]))
    func faults(_ inputs: [Float]) throws -> String {
      let examples = MemoryExamples(
        inputs: inputs, shape: [2], targets: .classes([0, 1], count: 2))
      return TrainingData(training: examples).faults(
        model: model,
        configuration: try TrainingConfiguration(["steps": 1, "loss": "cross_entropy"])
      ).all.map(\.detail).joined()
    }
    #expect(try faults([0, 3, 1, 2]) == "")
    #expect(try faults([0, 3, 4, 2]).contains("example 2 has 4.0 at position 1"))
    #expect(try faults([0, 0.5, 1, 2]).contains("example 1 has 0.5 at position 2"))
  }
}
