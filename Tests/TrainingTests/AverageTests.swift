import Foundation
import JSON
import NeuralNetworks
import Tensors
import Testing

@testable import Training

/// Sharpness-aware steps and averages of weights against PyTorch: `Fixtures/make_averages.py` writes what is expected.
@Suite struct AverageTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let json: JSON
    var testDescription: String { json["name"]?.string ?? "" }
  }

  static let fixture: JSON = {
    guard let data = try? Data(contentsOf: TrainingTests.fixture("averages.json")) else {
      return .null
    }
    return (try? JSON(parsing: data)) ?? .null
  }()
  static let cases = (fixture["cases"]?.array ?? []).map(Case.init)

  @Test("the fixtures are there")
  func fixtures() { #expect(Self.cases.count == 6) }

  private func numbers(_ json: JSON?) -> [Double] { (json?.array ?? []).compactMap(\.double) }

  @Test("losses, weights left and their evaluation are PyTorch's", arguments: cases, [1, 2])
  func reference(expected: Case, threads: Int) throws {
    let json = expected.json
    var layers: [JSON] = [["type": "dense", "units": 6, "name": "first"]]
    if json["norm"]?.bool == true { layers.append(["type": "batch_norm", "name": "norm"]) }
    layers += [
      ["type": "activation", "activation": "tanh"], ["type": "dense", "units": 3, "name": "last"],
    ]
    let model = try Model(ModelSpec(["input": ["shape": [2]], "layers": .array(layers)]))
    let examples = MemoryExamples(
      inputs: numbers(Self.fixture["inputs"]).map { Float($0) }, shape: [2],
      targets: .classes(numbers(Self.fixture["classes"]).map { Int32($0) }, count: 3))
    var members = JSONObject([
      ("epochs", 12), ("batch_size", 30), ("shuffle", false), ("loss", "cross_entropy"),
      ("threads", .integer(threads)),
    ])
    members["optimizer"] = json["optimizer"]
    members["average"] = json["average"]
    let start = try #require(json["start"]?.object)
    let weights = Weights(
      model.parameters.map { parameter in
        NamedTensor(
          name: parameter.name,
          tensor: Tensor(
            numbers(start[parameter.name]).map { Float($0) }, shape: parameter.shape))
      })
    let observer = RecordingObserver()
    let outcome = try Trainer(
      model: model, data: TrainingData(training: examples, validation: examples),
      configuration: TrainingConfiguration(.object(members), hasValidationDataset: true),
      initialWeights: weights
    ).run(observer: observer)
    for (found, loss) in zip(observer.losses, numbers(json["losses"])) {
      #expect(abs(found - loss) < 2e-5 * max(1, loss))
    }
    let left = try #require(outcome.weights)
    for (name, values) in try #require(json["weights"]?.object).members {
      let found = try #require(left[name]).elements(of: Float.self)
      for (a, b) in zip(found, numbers(values)) {
        #expect(abs(Double(a) - b) < 1e-4 * max(1, abs(b)), "\(name)")
      }
    }
    let evaluated = try #require(json["evaluated"]?.double)
    #expect(abs(try #require(observer.evaluations.last).result.loss - evaluated) < 1e-4)
  }

  private static let norm: JSON = [
    "input": ["shape": [2]],
    "layers": [
      ["type": "dense", "units": 12, "name": "first"], ["type": "batch_norm", "name": "norm"],
      ["type": "activation", "activation": "relu"], ["type": "dropout", "rate": 0.2],
      ["type": "dense", "units": 3, "name": "last"],
    ],
  ]

  static let settings: [JSON] = [
    ["optimizer": ["type": "sam", "optimizer": ["type": "lookahead", "optimizer": "adamw"]]],
    ["average": ["type": "ema", "decay": 0.9, "warmup": true, "statistics_batches": 7]],
    ["average": ["type": "swa", "start": 0.3, "every_steps": 3], "optimizer": "adafactor"],
    [
      "optimizer": [
        "type": "muon",
        "groups": [
          ["layers": ["last"], "orthogonalizes": false, "name": "head"],
          ["parameters": ["norm.*"], "frozen": true],
        ],
      ], "gradients": ["centralize": true, "noise": ["eta": 0.01]],
      "clip": ["norm": 0.5, "per": "layer"],
    ],
    ["optimizer": "nadam", "clip": ["adaptive": 0.02, "except": ["last"]]],
    ["optimizer": "lamb", "clip": ["value": 0.01]],
    ["optimizer": ["type": "rmsprop", "centered": true, "momentum": 0.5]],
  ]

  @Test(
    "a run that is interrupted ends in the bits of one that isn't", arguments: settings,
    [3, 31, 60])
  func resumes(setting: JSON, interruption: Int) throws {
    let model = try Model(ModelSpec(Self.norm))
    let data = TrainingData(
      training: Spiral.examples(210), validation: Spiral.examples(60, seed: 9))
    var members = JSONObject([
      ("steps", 60), ("epochs", .null), ("batch_size", 10),
    ])
    for (name, value) in setting.object?.members ?? [] { members[name] = value }
    func trainer(
      _ threads: Int, resuming state: CheckpointState?, lastStep: Int?
    ) throws -> Trainer {
      members["threads"] = .integer(threads)
      return try Trainer(
        model: model, data: data,
        configuration: TrainingConfiguration(
          .object(JSONObject(try Spiral.configuration(members).json.object?.members ?? [])),
          hasValidationDataset: true), resuming: state, lastStep: lastStep)
    }
    let whole = try trainer(1, resuming: nil, lastStep: nil).run(observer: RecordingObserver())
    let first = try trainer(2, resuming: nil, lastStep: interruption)
      .run(observer: RecordingObserver())
    let stored = try CheckpointState(decoding: #require(first.state).encoded())
    let second = try trainer(2, resuming: stored, lastStep: nil).run(observer: RecordingObserver())
    #expect(whole.step == 60 && second.step == 60)
    #expect(try #require(whole.weights).bits == #require(second.weights).bits)
    #expect(whole.validation?.loss == second.validation?.loss)
    let (a, b) = (try #require(whole.state), try #require(second.state))
    #expect(a.optimizer.map(\.name) == b.optimizer.map(\.name))
    #expect(Weights(a.optimizer).bits == Weights(b.optimizer).bits)
  }

  @Test("what is done to gradients, and groups' rates, are series of each step")
  func series() throws {
    let configuration = try Spiral.configuration(
      JSONObject([
        ("steps", 30), ("epochs", .null),
        ("schedule", ["type": "linear"]), ("clip", ["norm": 0.05, "per": "layer"]),
        (
          "optimizer",
          [
            "type": "sgd", "learning_rate": 0.1,
            "groups": [
              ["name": "slow", "layers": ["hid*"], "learning_rate": 0.001],
              ["name": "still", "layers": ["second"], "frozen": true],
            ],
          ]
        ),
      ]))
    let observer = RecordingObserver()
    _ = try Trainer(
      model: Spiral.model(), data: TrainingData(training: Spiral.examples(300)),
      configuration: configuration
    ).run(observer: observer)
    let names = try #require(observer.summary).stepSeries
    #expect(
      names == [
        "learning_rate.slow", "learning_rate.still", "clip_factor", "clip_factor.hidden",
        "clip_factor.second", "clip_factor.output",
      ])
    var steps = 0
    for block in observer.blocks {
      for index in 0..<block.count {
        steps += 1
        let values = block.series(at: index)
        #expect(abs(values[0] - 0.01 * block.learningRates[index]) < 1e-15)
        #expect(values[1] == 0)
        let gradients = Array(try #require(block.gradients(at: index)))
        // Weight and bias of a layer together.
        let norm = (gradients[0].norm * gradients[0].norm + gradients[1].norm * gradients[1].norm)
          .squareRoot()
        #expect(abs(values[3] - min(1, 0.05 / (norm + 1e-6))) < 1e-9)
        #expect(values[2] < 1 && values[2] > 0)
        // The layer that is held still doesn't move.
        #expect(block.updates[index * 6 + 2].updateNorm == 0)
        #expect(block.updates[index * 6 + 2].weightNorm > 0)
        #expect(block.updates[index * 6].updateNorm > 0)
      }
    }
    #expect(steps == 30)
  }

  @Test("layers are unfrozen when a run goes on with other groups")
  func unfreezes() throws {
    func configuration(_ frozen: [JSON], steps: Int) throws -> TrainingConfiguration {
      var optimizer: JSONObject = JSONObject([
        ("type", "lookahead"), ("optimizer", "adam"),
      ])
      if !frozen.isEmpty {
        optimizer["groups"] = .array([["layers": .array(frozen), "frozen": true]])
      }
      return try Spiral.configuration(
        JSONObject([
          ("steps", .integer(steps)), ("epochs", .null), ("optimizer", .object(optimizer)),
        ]))
    }
    let model = try Spiral.model()
    let data = TrainingData(training: Spiral.examples(300))
    let first = try Trainer(
      model: model, data: data, configuration: configuration(["hidden", "second"], steps: 12)
    ).run(observer: RecordingObserver())
    let second = try Trainer(
      model: model, data: data, configuration: configuration(["hidden"], steps: 20),
      resuming: first.state
    ).run(observer: RecordingObserver())
    let (before, after) = (try #require(first.weights), try #require(second.weights))
    for name in ["hidden.weight", "hidden.bias"] {
      #expect(before[name]?.elements(of: Float.self) == after[name]?.elements(of: Float.self))
    }
    #expect(
      before["second.weight"]?.elements(of: Float.self)
        != after["second.weight"]?.elements(of: Float.self))
  }
}
