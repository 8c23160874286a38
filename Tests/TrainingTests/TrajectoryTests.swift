import Foundation
import JSON
import NeuralNetworks
import Tensors
import Testing

@testable import Training

/// Whole models trained for twenty steps, step by step against PyTorch: `Fixtures/make_trajectories.py` writes what is expected.
@Suite struct TrajectoryTests {
  struct Trajectory: CustomTestStringConvertible, Sendable {
    let json: JSON
    var name: String { json["name"]?.string ?? "" }
    var testDescription: String { name }
    var losses: [Double] { json["losses"]?.array?.compactMap(\.double) ?? [] }
  }

  static let trajectories: [Trajectory] = {
    guard let data = try? Data(contentsOf: fixture("trajectories/trajectories.json")),
      let json = try? JSON(parsing: data)
    else { return [] }
    return (json.array ?? []).map(Trajectory.init)
  }()

  @Test("the fixtures are there, and their losses move")
  func fixtures() {
    #expect(
      Self.trajectories.map(\.name) == [
        "cnn_with_batch_norm", "lstm", "transformer", "normalized_weights",
      ])
    for trajectory in Self.trajectories {
      #expect(trajectory.losses.count == 20)
      #expect((trajectory.losses.min() ?? 9) < 0.7 * (trajectory.losses.first ?? 0))
    }
  }

  @Test("losses are PyTorch's to 1e-4 at each of twenty steps", arguments: trajectories, [1, 2])
  func losses(trajectory: Trajectory, threads: Int) throws {
    let json = trajectory.json
    let file = fixture("trajectories/\(trajectory.name).safetensors")
    let tensors = try WeightsFile.safetensors.decoded([UInt8](Data(contentsOf: file)))
    let model = try Model(ModelSpec(#require(json["spec"])))
    let names = (json["parameters"]?.array ?? []).compactMap(\.string)
    #expect(Set(model.parameters.map(\.name)) == Set(names))
    let weights = Weights(tensors.filter { names.contains($0.name) })

    let contents = Weights(tensors)
    let inputs = try #require(contents["inputs"]).elements(of: Float.self)
    let targets = try #require(contents["targets"]).elements(of: Int32.self)
    let places = Shape((json["places"]?.array ?? []).compactMap(\.integer))
    let examples = MemoryExamples(
      inputs: inputs, shape: model.inputs[0].shape,
      targets: .classes(targets, count: try #require(json["classes"]?.integer), shape: places))
    let configuration = try TrainingConfiguration([
      "steps": 20, "batch_size": #require(json["batch"]), "shuffle": false,
      "loss": "cross_entropy", "optimizer": #require(json["optimizer"]),
      "threads": .integer(threads),
    ])
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: model, data: TrainingData(training: examples), configuration: configuration,
      initialWeights: weights)
    _ = try trainer.run(observer: observer)

    #expect(observer.losses.count == trajectory.losses.count)
    for (step, (found, expected)) in zip(observer.losses, trajectory.losses).enumerated() {
      #expect(
        abs(found - expected) <= 1e-4 * abs(expected),
        "step \(step + 1): \(found), PyTorch has \(expected)")
    }
  }
}
