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
