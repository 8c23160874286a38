import Datasets
import Foundation
import JSON
import NeuralNetworks
import Tensors
import Testing

@testable import Training

/// Layers whose state goes on from batch to batch, against PyTorch: `Fixtures/make_stateful.py` writes what is expected.
@Suite struct StatefulTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let json: JSON
    var name: String { json["name"]?.string ?? "" }
    var testDescription: String { name }
    var losses: [Double] { json["losses"]?.array?.compactMap(\.double) ?? [] }

    private func tensors() throws -> Weights {
      let file = fixture("stateful/\(name).safetensors")
      return Weights(try WeightsFile.safetensors.decoded([UInt8](Data(contentsOf: file))))
    }

    func model() throws -> Model { try Model(ModelSpec(#require(json["spec"]))) }

    func weights() throws -> Weights {
      let names = (json["parameters"]?.array ?? []).compactMap(\.string)
      return Weights(try tensors().tensors.filter { names.contains($0.name) })
    }

    /// The first windows to train on, and the others to validate.
    func data() throws -> TrainingData {
      let contents = try tensors()
      let inputs = try #require(contents["inputs"]).elements(of: Float.self)
      let targets = try #require(contents["targets"]).elements(of: Int32.self)
      let cut = try #require(json["training"]?.integer) * 6
      func examples(_ range: Range<Int>) -> MemoryExamples {
        MemoryExamples(
          inputs: Array(inputs[range]), shape: [6],
          targets: .classes(Array(targets[range]), count: 7, shape: [6]))
      }
      return TrainingData(
        training: examples(0..<cut), validation: examples(cut..<inputs.count))
    }

    func configuration(_ members: JSON = [:]) throws -> TrainingConfiguration {
      var object = JSONObject([
        ("epochs", json["epochs"] ?? 1), ("batch_size", json["batch"] ?? 1), ("shuffle", false),
        ("loss", "cross_entropy"), ("optimizer", ["type": "sgd", "learning_rate": 0.3]),
      ])
      for (name, value) in members.object?.members ?? [] { object[name] = value }
      return try TrainingConfiguration(.object(object), hasValidationDataset: true)
    }
  }

  static let cases: [Case] = {
    guard let data = try? Data(contentsOf: fixture("stateful/stateful.json")),
      let json = try? JSON(parsing: data)
    else { return [] }
    return (json.array ?? []).map(Case.init)
  }()

  private func train(
    _ stateful: Case, _ members: JSON = [:], resuming: CheckpointState? = nil,
    observation: ObservationConfiguration = .none
  ) throws -> (Outcome, RecordingObserver) {
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: stateful.model(), data: stateful.data(),
      configuration: stateful.configuration(members), observation: observation,
      initialWeights: resuming == nil ? stateful.weights() : nil, resuming: resuming)
    return (try trainer.run(observer: observer), observer)
  }

  @Test(
    "each step's loss and the last evaluation's are PyTorch's to 1e-4", arguments: cases, [1, 2])
  func losses(stateful: Case, threads: Int) throws {
    let (outcome, heard) = try train(stateful, ["threads": .integer(threads)])
    #expect(stateful.losses.count == 20)
    #expect(heard.losses.count == 20)
    for (step, (found, expected)) in zip(heard.losses, stateful.losses).enumerated() {
      #expect(
        abs(found - expected) <= 1e-4 * expected, "step \(step + 1): \(found) for \(expected)")
    }
    let expected = try #require(stateful.json["validation"]?.double)
    let found = try #require(outcome.validation)
    #expect(abs(found.loss - expected) <= 1e-4 * expected, "\(found.loss) for \(expected)")
    // Ten windows are two batches of four.
    #expect(found.examples == 8)
  }

  @Test(
    "a run that goes on within an epoch has the states it had, also with probes on the way",
    arguments: cases)
  func resumes(stateful: Case) throws {
    let settings: JSON = ["checkpoint": ["every_steps": 7]]
    let (whole, heard) = try train(stateful, settings)
    let state = try #require(heard.checkpoints.first { $0.kind == .periodic }?.state)
    #expect(state.step == 7)
    #expect(
      state.states.contains { tensor in
        tensor.tensor.elements(of: Float.self).contains { $0 != 0 }
      })
    let stored = try CheckpointState(decoding: state.encoded())
    let probes = ObservationConfiguration(
      gradientNormsEvery: 1, histogramsEvery: 2, activationsEvery: 3)
    let (resumed, _) = try train(stateful, settings, resuming: stored, observation: probes)
    #expect(resumed.weights?.bits == whole.weights?.bits)
  }

  @Test("states are no weights, and don't outlive their epoch")
  func epochs() throws {
    let stateful = Self.cases[0]
    let (outcome, _) = try train(stateful)
    #expect(
      outcome.weights?.tensors.map(\.name) == (try stateful.model()).parameters.map(\.name))
    // Without learning each epoch is like the one before.
    let (_, still) = try train(stateful, ["optimizer": ["type": "sgd", "learning_rate": 1e-30]])
    #expect(Array(still.losses[0..<5]) == Array(still.losses[15...]))
    #expect(Set(still.losses).count == 5)
  }

  @Test("shuffled examples, and fewer than a batch, are refused")
  func faults() throws {
    let stateful = Self.cases[0]
    let faults = try stateful.data().faults(
      model: stateful.model(),
      configuration: stateful.configuration(["shuffle": true, "batch_size": 23]))
    #expect(faults.all.map(\.pointer) == ["/training/shuffle", "/training/batch_size"])
    #expect(faults.description.contains("\"shuffle\": false"))
  }

  @Test("a validation fraction is the last part in order")
  func split() throws {
    let stateful = Self.cases[0]
    let data = TrainingData(training: try stateful.data().training)
    let configuration = try TrainingConfiguration([
      "epochs": 1, "batch_size": 4, "shuffle": false, "loss": "cross_entropy",
      "validation": ["fraction": 0.2],
    ])
    let parts = data.split(configuration, model: try stateful.model())
    #expect(parts.training == ExampleSet(0..<18))
    #expect(parts.validation?.examples == ExampleSet(18..<22))
  }

  @Test("derivatives with padding, and of layers that begin with states, agree with differences")
  func differences() throws {
    let tokens = try Model(
      ModelSpec([
        "input": ["shape": [5], "dtype": "int32", "vocabulary": 3, "padding": 0],
        "layers": [
          ["type": "embedding", "dimensions": 4],
          ["type": "transformer_block", "heads": 2, "feed_forward": 3],
          ["type": "lstm", "units": 3, "return_sequences": true, "stateful": true],
          ["type": "gru", "units": 3, "layers": 2, "return_sequences": true, "stateful": true],
          ["type": "global_avg_pool1d"], ["type": "dense", "units": 2],
        ],
      ]))
    let numbers = try Model(
      ModelSpec([
        "input": ["shape": [4, 2], "padding": 0],
        "layers": [
          ["type": "rnn", "units": 3, "stateful": true, "return_sequences": true],
          ["type": "lstm", "units": 3, "layer_norm": true, "stateful": true],
          ["type": "dense", "units": 2],
        ],
      ]))
    for model in [tokens, numbers] {
      let configuration = GradientCheckConfiguration(loss: MeanSquaredError(), seed: 5)
      let check = try ModelGradientCheck(
        model: model, configuration: configuration, examples: nil)
      let report = try #require(try check.run())
      #expect(report.passed, "\(report.json)")
    }
  }

  @Test("rows of a batch go on where those of the batch before ended")
  func lanes() {
    let lanes = Lanes(examples: 11, rows: 3)
    #expect((0..<9).map(lanes.example) == [0, 3, 6, 1, 4, 7, 2, 5, 8])
    var order = Array(0..<11)
    lanes.arrange(&order)
    #expect(order == [0, 3, 6, 1, 4, 7, 2, 5, 8, 9, 10])
  }
}
