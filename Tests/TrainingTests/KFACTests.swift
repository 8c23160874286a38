import Autodiff
import Foundation
import JSON
import Kernels
import NeuralNetworks
import Optimizers
import Tensors
import Testing

@testable import Training

/// K-FAC against the papers' formulas in float64: `Fixtures/make_kfac.py`.
@Suite struct KFACTests {
  private static let fixture: JSON = {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/kfac.json")
    return (try? JSON(parsing: [UInt8](Data(contentsOf: url)))) ?? .null
  }()

  private static let numbers = TwoHeads.numbers

  private func trainer(
    _ optimizer: JSONObject, steps: Int = 6, threads: Int = 1, resuming: CheckpointState? = nil,
    lastStep: Int? = nil
  ) throws -> Trainer {
    var members = JSONObject([
      ("type", "kfac"), ("learning_rate", 0.05), ("momentum", 0.9), ("damping", 0.01),
      ("decay", 0.8), ("inverses_every", 2), ("max_divergence", 0.001), ("fisher", "empirical"),
    ])
    for (name, value) in optimizer.members { members[name] = value }
    let model = try Model(
      ModelSpec([
        "input": ["shape": [2, 5, 5]],
        "layers": [
          [
            "type": "conv2d", "filters": 3, "kernel": 3, "padding": 1, "stride": 2,
            "activation": "tanh", "name": "filters",
          ], ["type": "flatten"],
          ["type": "dense", "units": 4, "activation": "tanh", "name": "hidden"],
          ["type": "dense", "units": 3, "name": "output"],
        ],
      ]))
    guard case .object(let tensors)? = Self.fixture["weights"] else { throw CancellationError() }
    let weights = Weights(
      tensors.members.map { name, value in
        NamedTensor(
          name: name,
          tensor: Tensor(
            Self.numbers(value["values"]).map { Float($0) },
            shape: Shape(Self.numbers(value["shape"]).map { Int($0) })))
      })
    let examples = MemoryExamples(
      inputs: Self.numbers(Self.fixture["inputs"]).map { Float($0) }, shape: [2, 5, 5],
      targets: .classes(Self.numbers(Self.fixture["classes"]).map { Int32($0) }, count: 3))
    return try Trainer(
      model: model, data: TrainingData(training: examples),
      configuration: TrainingConfiguration([
        "steps": .integer(steps), "batch_size": "full", "shuffle": false, "seed": 5,
        "loss": "cross_entropy", "threads": .integer(threads), "optimizer": .object(members),
      ]), initialWeights: weights, resuming: resuming, lastStep: lastStep)
  }

  private static func read(_ store: ParameterStore, _ index: Int) -> [Double] {
    let start = store.pointer(index).assumingMemoryBound(to: Float.self)
    return (0..<store.shapes[index].count).map { Double(start[$0]) }
  }

  @Test("the factors of a convolution and of dense layers are those over examples one by one")
  func factors() throws {
    let trainer = try trainer(JSONObject())
    let solver = try #require(trainer.engine.solving?.solver)
    let batch = trainer.examples.batch(0)
    trainer.passes.begin(batch, step: 1, after: trainer.engine.preparedProgram(batch: batch.count))
    trainer.passes.measureCurvature()
    let wanted = (Self.fixture["factors"]?.array ?? []).flatMap { TwoHeads.rows($0) }
    #expect(wanted.count == 6 && solver.product.count == 6)
    for (index, factor) in wanted.enumerated() {
      let found = Self.read(solver.product, index)
      #expect(found.count == factor.count)
      for (a, b) in zip(found, factor) { #expect(abs(a - b) < 1e-6 * max(1, abs(b))) }
    }
  }

  @Test("six steps lead to the papers' weights", arguments: [1, 2])
  func steps(threads: Int) throws {
    let steps = Self.fixture["steps"]?.array ?? []
    let observer = RecordingObserver()
    let outcome = try trainer(JSONObject(), threads: threads).run(observer: observer)
    #expect(steps.count == 6)
    for (loss, step) in zip(observer.losses, steps) {
      #expect(abs(loss - (step["loss"]?.double ?? .nan)) < 1e-5)
    }
    let series = try #require(observer.summary?.stepSeries)
    let place = try #require(series.firstIndex(of: "step_scale"))
    let own = observer.blocks.flatMap(\.own)
    for (index, step) in steps.enumerated() {
      #expect(abs(own[index * series.count + place] - (step["scale"]?.double ?? .nan)) < 1e-4)
    }
    for tensor in try #require(outcome.weights).tensors {
      let found: [Float] = tensor.tensor.elements()
      for (a, b) in zip(found, Self.numbers(steps[5]["weights"]?[tensor.name])) {
        #expect(abs(Double(a) - b) < 2e-5, "\(tensor.name)")
      }
    }
  }

  @Test(
    "an interruption changes no bit, between inversions either",
    arguments: ["empirical", "sampled"],
    [2, 3])
  func resumes(fisher: String, interruption: Int) throws {
    let members = JSONObject([("fisher", .string(fisher))])
    let whole = try trainer(members).run(observer: RecordingObserver())
    let first = try trainer(members, threads: 2, lastStep: interruption)
      .run(observer: RecordingObserver())
    let stored = try CheckpointState(decoding: #require(first.state).encoded())
    let second = try trainer(members, resuming: stored).run(observer: RecordingObserver())
    #expect(second.weights?.bits == whole.weights?.bits)
  }

  @Test(
    "draws at the outputs have the Hessian of the loss of each example as their second moments",
    arguments: ["cross_entropy", "mean_squared_error", "binary_cross_entropy"])
  func draws(type: String) throws {
    let loss = try LossCatalog.decode(.string(type), pointer: "")
    let (rows, logits) = (60_000, Tensor([0.5, -1, 0.25], shape: [1, 3]))
    var graph = Graph(element: .float64)
    let output = graph.parameter("output", [1, 3])
    let many = try graph.broadcast(output, to: [rows, 3])
    let noise = graph.input("noise", TensorType([rows, 3], .float64))
    let draws = try #require(try loss.fisherDraws(output: many, noise: noise, in: &graph))
    let moments = try graph.scale(
      graph.matmul(draws, draws, transposeLeft: true), by: 1 / Double(rows))

    let encoding = type == "cross_entropy" ? TargetEncoding.classIndices() : .values
    let target = graph.input(
      "target",
      loss.targetType(batch: 1, output: [3], encoding: encoding, element: .float64))
    let direction = graph.input("direction", TensorType([1, 3], .float64))
    let built = try loss.build(output: output, target: target, in: &graph)
    let product = try graph.hessianProducts(
      of: built, withRespectTo: [output], along: [direction])

    var random = Philox(seed: 2, purpose: "draws").generator()
    let normal = (0..<rows * 3).map { _ in
      // The sum of twelve has a variance of 1.
      (0..<12).reduce(-6.0) { sum, _ in sum + random.uniform() }
    }
    let found = try graph.evaluated(
      [moments], with: [output: logits, noise: Tensor(normal, shape: [rows, 3])])[0]
    for column in 0..<3 {
      let unit = (0..<3).map { $0 == column ? 1.0 : 0 }
      let wanted = try graph.evaluated(
        product,
        with: [
          output: logits, direction: Tensor(unit, shape: [1, 3]),
          target: encoding == .values
            ? Tensor([0.0, 1, 0], shape: [1, 3]) : Tensor([Int32(1)], shape: [1]),
        ])[0]
      // A second moment of so many draws is known to about a hundredth.
      for row in 0..<3 { #expect(abs(found[row * 3 + column] - wanted[row]) < 0.015) }
    }
  }

  @Test("fifty steps with digits get further than Adam's")
  func digits() throws {
    func loss(_ optimizer: JSON) throws -> Double {
      let observer = RecordingObserver()
      _ = try Trainer(
        model: DigitsTests.smallModel(), data: TrainingData(training: DigitsTests.dataset()),
        configuration: TrainingConfiguration([
          "steps": 50, "batch_size": 256, "seed": 3, "loss": "cross_entropy",
          "optimizer": optimizer,
        ])
      ).run(observer: observer)
      return observer.losses.suffix(5).reduce(0, +) / 5
    }
    let adam =
      try [0.003, 0.01, 0.03].map {
        try loss(["type": "adam", "learning_rate": .number($0)])
      }.min() ?? 0
    let kfac = try loss(["type": "kfac", "max_divergence": 0.01, "learning_rate": 0.1])
    #expect(kfac < adam, "\(kfac), \(adam)")
  }

  @Test("losses that aren't drawn from are refused with the way out, and memory counts factors")
  func refusals() throws {
    let model = try Spiral.model()
    let weighted = try Spiral.configuration(
      JSONObject([
        ("optimizer", "kfac"), ("loss", ["type": "cross_entropy", "class_weights": [1, 2, 3]]),
      ]))
    let data = TrainingData(training: Spiral.examples(60))
    let faults = data.faults(model: model, configuration: weighted)
    #expect(faults.all.map(\.pointer) == ["/training/optimizer/fisher"], "\(faults.all)")
    #expect(faults.all.first?.detail.contains("empirical") == true)
    let plain = try Spiral.configuration(JSONObject([("optimizer", "kfac")]))
    let sgd = try Spiral.configuration(JSONObject([("optimizer", "sgd")]))
    let factors = [3 * 3, 24 * 24, 25 * 25, 16 * 16, 17 * 17, 3 * 3].reduce(0, +)
    #expect(model.stateBytes(plain) - model.stateBytes(sgd) >= 3 * factors * 4)
  }
}
