import JSON
import NeuralNetworks
import Tensors
import Testing

@testable import Training

/// Normalized weights in whole runs.
@Suite struct ParametrizationTrainingTests {
  private func model(_ member: String) throws -> Model {
    func layer(_ members: [(String, JSON)]) -> JSON {
      .object(JSONObject([("type", "dense"), (member, true)] + members))
    }
    return try Model(
      ModelSpec([
        "input": ["shape": [2]],
        "layers": [
          layer([("units", 16), ("activation", "tanh"), ("name", "first")]),
          layer([("units", 3), ("name", "last")]),
        ],
      ]))
  }

  @Test("a run learns with either, and keeps the singular vectors in its checkpoints")
  func trains() throws {
    for member in ["weight_norm", "spectral_norm"] {
      let model = try model(member)
      let observer = RecordingObserver()
      let configuration = try TrainingConfiguration([
        "steps": 60, "batch_size": 30, "loss": "cross_entropy",
        "optimizer": ["type": "adam", "learning_rate": 0.02],
      ])
      _ = try Trainer(
        model: model, data: TrainingData(training: Spiral.examples(60)),
        configuration: configuration
      ).run(observer: observer)
      let losses = observer.losses
      #expect(losses.count == 60 && losses.allSatisfy(\.isFinite))
      let (first, last) = (losses.prefix(5).reduce(0, +), losses.suffix(5).reduce(0, +))
      #expect(last < 0.95 * first, "\(member)")
      let state = try #require(observer.checkpoints.last { $0.state != nil }?.state)
      let tensors = Dictionary(
        uniqueKeysWithValues: state.weights.tensors.map {
          ($0.name, $0.tensor.elements(of: Float.self).map(Double.init))
        })
      #expect(Set(tensors.keys) == Set(model.parameters.map(\.name)))
      guard member == "spectral_norm" else { continue }
      let initial = model.initialParameters(seed: 0)
      for layer in ["first", "last"] {
        let name = "\(layer).parametrizations.weight.0._u"
        let left = try #require(tensors[name])
        let length = left.reduce(0) { $0 + $1 * $1 }
        #expect(abs(length - 1) < 1e-5)
        let before = try #require(initial.pointer(name)).assumingMemoryBound(to: Float.self)
        #expect(left.indices.contains { abs(left[$0] - Double(before[$0])) > 1e-3 })
      }
    }
  }

  @Test("a weight that several layers share has one pair of vectors, of unit length")
  func shared() throws {
    let repeated: JSON = [
      "type": "repeat", "times": 2, "shared": true, "name": "r",
      "layers": [
        [
          "type": "dense", "units": 2, "activation": "tanh", "spectral_norm": true, "name": "d",
        ]
      ],
    ]
    let layers: JSON = [repeated, ["type": "dense", "units": 3]]
    let model = try Model(ModelSpec(["input": ["shape": [2]], "layers": layers]))
    #expect(model.parameters.count { $0.name.hasSuffix("._u") } == 1)
    let observer = RecordingObserver()
    _ = try Trainer(
      model: model, data: TrainingData(training: Spiral.examples(30)),
      configuration: TrainingConfiguration([
        "steps": 3, "batch_size": 30, "loss": "cross_entropy",
      ])
    ).run(observer: observer)
    let state = try #require(observer.checkpoints.last { $0.state != nil }?.state)
    let left = try #require(state.weights.tensors.first { $0.name.hasSuffix("._u") })
    let length = left.tensor.elements(of: Float.self).reduce(0) { $0 + $1 * $1 }
    #expect(abs(length - 1) < 1e-5)
  }

  @Test("what follows from a weight of another run follows from it, and not from what was drawn")
  func given() throws {
    let numbers: [Float] = [3, 0, 0, 4]
    let layers: JSON = [
      ["type": "dense", "units": 2, "weight_norm": true, "name": "a"],
      ["type": "dense", "units": 2, "spectral_norm": true, "name": "b"],
    ]
    let model = try Model(ModelSpec(["input": ["shape": [2]], "layers": layers]))
    let store = model.initialParameters(seed: 1)
    let names = ["a.parametrizations.weight.original1", "b.parametrizations.weight.original"]
    let weights = Weights(
      names.map { NamedTensor(name: $0, tensor: Tensor(numbers, shape: [2, 2])) }, isPartial: true)
    try weights.begin(store, of: model, seed: 1)
    func values(_ name: String) throws -> [Float] {
      let index = try #require(store.index(of: name))
      return Array(store.bytes(index).bindMemory(to: Float.self))
    }
    #expect(try values("a.parametrizations.weight.original0") == [3, 4])
    // The larger singular value of diag(3, 4) is the second, after 15 iterations but for (3/4)^30.
    let left = try values("b.parametrizations.weight.0._u")
    #expect(abs(left[0]) < 0.05 && abs(abs(left[1]) - 1) < 2e-3)
  }

  @Test(
    "a gradient check passes, with what the gradient takes for a constant held",
    arguments: [
      "weight_norm", "spectral_norm",
    ])
  func gradientCheck(member: String) throws {
    let check = try ModelGradientCheck(
      model: model(member), configuration: GradientCheckConfiguration(loss: CrossEntropy(), seed: 3)
    )
    let report = try #require(try check.run())
    #expect(report.passed, "\(report.json)")
    #expect(report.parameters.allSatisfy { $0.largestDerivative > 0 })
  }
}
