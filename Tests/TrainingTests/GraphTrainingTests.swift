import Datasets
import Foundation
import JSON
import NeuralNetworks
import Tensors
import Testing

@testable import Training

/// Training on a graph: `Fixtures/make_graph_trajectories.py` writes what PyTorch makes of it.
@Suite struct GraphTrainingTests {
  static let fixtureJSON: JSON = {
    guard let data = try? Data(contentsOf: fixture("trajectories/graphs.json")) else {
      return .null
    }
    return (try? JSON(parsing: data)) ?? .null
  }()

  static let names = (fixtureJSON["cases"]?.array ?? []).compactMap { $0["name"]?.string }

  private static func integers(_ json: JSON?) -> [Int] {
    (json?.array ?? []).compactMap(\.integer)
  }

  /// The fixture's graph, its features dense or those that aren't 0.
  private func examples(sparse: Bool, validation: [Int] = []) throws -> GraphExamples {
    let json = Self.fixtureJSON
    let vertices = try #require(json["vertices"]?.integer)
    let edges = (json["edges"]?.array ?? []).map(Self.integers)
    let file = fixture("trajectories/graph_gcn.safetensors")
    let tensors = Weights(try WeightsFile.safetensors.decoded([UInt8](Data(contentsOf: file))))
    let features = try #require(tensors["features"])
    let numbers = features.elements(of: Float.self)
    let width = features.shape[1]
    let stored = numbers.indices.filter { numbers[$0] != 0 }
    let index = SparseIndex(
      rows: stored.map { Int32($0 / width) }, columns: stored.map { Int32($0 % width) },
      rowCount: vertices, columnCount: width)
    let topology = GraphTopology(
      vertices: vertices, sources: edges.map { Int32($0[0]) }, targets: edges.map { Int32($0[1]) },
      features: sparse ? index : nil)
    let labels = Self.integers(json["labels"]).map { Int32($0) }
    return GraphExamples(
      graph: GraphSource(
        topology, features: sparse ? stored.map { numbers[$0] } : numbers, width: width),
      labels: MemoryExamples(
        inputs: [], targets: [(ExampleTarget.onlyName, .classes(labels, count: 4))]),
      training: ExampleSet(Self.integers(json["training"])),
      validation: ExampleSet(validation))
  }

  private func configuration(_ members: [(String, JSON)] = []) throws -> TrainingConfiguration {
    var object = JSONObject([
      ("epochs", 20), ("loss", "cross_entropy"),
      ("optimizer", ["type": "adam", "learning_rate": 0.02]), ("metrics", ["accuracy"]),
    ])
    for (name, value) in members { object[name] = value }
    return try TrainingConfiguration(.object(object), pointer: "/training")
  }

  private func model(_ layers: JSON, input: JSON = ["shape": [12], "graph": true]) throws -> Model {
    try Model(ModelSpec(["input": input, "layers": layers]))
  }

  @Test(
    "losses are PyTorch's to 1e-4 at each of twenty steps, features sparse or dense",
    arguments: names, [(1, true), (2, true), (1, false)])
  func trajectory(name: String, form: (threads: Int, sparse: Bool)) throws {
    let json = try #require(
      Self.fixtureJSON["cases"]?.array?.first { $0["name"]?.string == name })
    let file = fixture("trajectories/graph_\(name).safetensors")
    let tensors = try WeightsFile.safetensors.decoded([UInt8](Data(contentsOf: file)))
    let model = try Model(ModelSpec(#require(json["spec"])))
    let names = (json["parameters"]?.array ?? []).compactMap(\.string)
    #expect(model.parameters.map(\.name) == names)
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: model, data: TrainingData(training: examples(sparse: form.sparse)),
      configuration: configuration([
        ("optimizer", #require(json["optimizer"])), ("threads", .integer(form.threads)),
      ]), initialWeights: Weights(tensors.filter { names.contains($0.name) }))
    _ = try trainer.run(observer: observer)
    let expected = (json["losses"]?.array ?? []).compactMap(\.double)
    #expect(observer.losses.count == 20 && expected.count == 20)
    for (step, (found, wanted)) in zip(observer.losses, expected).enumerated() {
      #expect(
        abs(found - wanted) <= 1e-4 * abs(wanted),
        "step \(step + 1): \(found), PyTorch has \(wanted)")
    }
  }

  static let layers: [JSON] = [
    [["type": "dropout"], ["type": "graph_conv", "units": 6, "activation": "tanh"]],
    [["type": "graph_attention", "units": 3, "heads": 2, "dropout": 0.3, "edge_features": true]],
    [["type": "graph_attention", "units": 3, "version": 2, "edge_features": true]],
    [["type": "graph_sage", "units": 4, "aggregation": "mean", "normalize": true]],
    [["type": "graph_isomorphism", "units": 4, "train_epsilon": true, "edge_features": true]],
  ]

  @Test("a whole model's gradients agree with differences on a drawn graph", arguments: layers)
  func gradients(layers: JSON) throws {
    for readout in [false, true] {
      var all = layers.array ?? []
      if readout { all.append(["type": "graph_readout", "aggregation": "mean"]) }
      all.append(["type": "dense", "units": 3])
      let model = try model(
        .array(all), input: ["shape": [5], "graph": ["edge_features": 2]])
      let check = try ModelGradientCheck(
        model: model,
        configuration: GradientCheckConfiguration(
          loss: LossCatalog.decode("cross_entropy", pointer: ""), seed: 5))
      let report = try #require(try check.run())
      #expect(report.passed, "\(report.json)")
    }
  }

  @Test("training, validation and test are over their own vertices")
  func masks() throws {
    let examples = try examples(sparse: true, validation: [0, 3, 6])
    let data = TrainingData(
      training: GraphExamples(
        graph: examples.graph, labels: examples, training: examples.training,
        validation: examples.validation, test: [9, 12]))
    let observer = RecordingObserver()
    let model = try model([["type": "graph_conv", "units": 4]])
    let trainer = try Trainer(
      model: model, data: data, configuration: configuration([("epochs", 3)]))
    #expect(trainer.summary.trainingExamples == examples.training.count)
    #expect(trainer.summary.validationExamples == 3 && trainer.summary.testExamples == 2)
    #expect(trainer.summary.stepsPerEpoch == 1 && trainer.summary.totalSteps == 3)
    let outcome = try trainer.run(observer: observer)
    #expect(
      observer.evaluations.filter { $0.part == .validation }.map(\.result.examples) == [3, 3, 3])
    #expect(outcome.test?.examples == 2)

    let weights = try #require(outcome.weights)
    let prediction = try Prediction(model: model, weights: weights, loss: nil)
    let all = try prediction.run(Array(0..<30), of: examples.graph)[0].outputs.elements(
      of: Float.self)
    let some = try prediction.run([12, 3], of: examples.graph)[0].outputs.elements(of: Float.self)
    #expect(some == Array(all[48..<52] + all[12..<16]))
    let classes = examples.classIndices
    let right = [9, 12].count { vertex in
      let scores = all[4 * vertex..<4 * vertex + 4]
      return scores.firstIndex(of: scores.max() ?? 0) == 4 * vertex + Int(classes[vertex])
    }
    #expect(outcome.test?.accuracy == Double(right) / 2)
  }

  @Test("a fraction of the training vertices validates where the data has none for that")
  func fraction() throws {
    let trainer = try Trainer(
      model: model([["type": "graph_conv", "units": 4]]),
      data: TrainingData(training: examples(sparse: true)),
      configuration: configuration([("validation", ["fraction": 0.25])]))
    #expect(trainer.summary.trainingExamples == 15 && trainer.summary.validationExamples == 5)
  }

  @Test("a run ends in the same bits on any number of threads, and when it's interrupted")
  func bits() throws {
    let model = try model([
      ["type": "dropout"], ["type": "graph_attention", "units": 4, "heads": 2, "dropout": 0.5],
      ["type": "graph_conv", "units": 4],
    ])
    func run(threads: Int, steps: Int, resuming: CheckpointState? = nil) throws -> Outcome {
      try Trainer(
        model: model, data: TrainingData(training: examples(sparse: true)),
        configuration: configuration([
          ("threads", .integer(threads)), ("epochs", .integer(steps)), ("seed", 4),
        ]), resuming: resuming
      ).run(observer: RecordingObserver())
    }
    func bits(_ outcome: Outcome) throws -> [[Float]] {
      try #require(outcome.weights).tensors.map { $0.tensor.elements(of: Float.self) }
    }
    let whole = try bits(run(threads: 1, steps: 12))
    #expect(try bits(run(threads: 3, steps: 12)) == whole)
    let half = try run(threads: 1, steps: 6)
    #expect(try bits(run(threads: 2, steps: 12, resuming: half.state)) == whole)
  }

  /// A model, a configuration, and what is wrong with them for the fixture's graph.
  struct Fault: CustomTestStringConvertible, Sendable {
    let testDescription: String
    var input: JSON = ["shape": [12], "graph": true]
    var layers: JSON = [["type": "graph_conv", "units": 4]]
    var training: [(String, JSON)] = []
    let pointer: String
    let detail: String
  }

  static let faults = [
    Fault(
      testDescription: "a model on no graph", input: ["shape": [12]],
      layers: [["type": "dense", "units": 4]], pointer: "/dataset",
      detail: "say \"graph\": true in the input"),
    Fault(
      testDescription: "another width", input: ["shape": [11], "graph": true], pointer: "/dataset",
      detail: "a vertex of the training dataset has 12 features"),
    Fault(
      testDescription: "edge features", input: ["shape": [12], "graph": ["edge_features": 2]],
      pointer: "/dataset", detail: "say \"graph\": { \"edge_features\": 0 }"),
    Fault(
      testDescription: "a readout",
      layers: [["type": "graph_readout"], ["type": "dense", "units": 4]],
      pointer: "/dataset", detail: "leave graph_readout out"),
    Fault(
      testDescription: "a layer that needs dense features",
      layers: [["type": "layer_norm"], ["type": "graph_conv", "units": 4]], pointer: "/dataset",
      detail: "sparse=false"),
    Fault(
      testDescription: "a batch size", training: [("batch_size", 64)],
      pointer: "/training/batch_size", detail: "leave batch_size out"),
    Fault(
      testDescription: "a mask that isn't there", training: [("validation", ["mask": true])],
      pointer: "/training/validation/mask", detail: "has no example for validation"),
  ]

  @Test("what doesn't go with a graph is told with its place and remedy", arguments: faults)
  func refusals(fault: Fault) throws {
    let found = try TrainingData(training: examples(sparse: true)).faults(
      model: model(fault.layers, input: fault.input), configuration: configuration(fault.training))
    #expect(
      found.all.contains { $0.pointer == fault.pointer && $0.detail.contains(fault.detail) },
      "\(found)")
  }

  @Test("a model on a graph takes no table, and a table no mask")
  func tables() throws {
    let table = MemoryExamples(
      inputs: [Float](repeating: 0, count: 24), shape: [12], targets: .classes([0, 1], count: 4))
    let found = try TrainingData(training: table).faults(
      model: model([["type": "graph_conv", "units": 4]]),
      configuration: configuration([("validation", ["mask": true])]))
    #expect(found.all.contains { $0.detail.contains("upload one with format=graph") })
    #expect(found.all.contains { $0.pointer == "/training/validation/mask" })
    let both = #expect(throws: Faults.self) {
      try configuration([("validation", ["mask": true, "fraction": 0.5])])
    }
    #expect(both?.all.first?.pointer == "/training/validation/mask")
  }
}
