import Foundation
import JSON
import NeuralNetworks
import Tensors
import Testing

@testable import Training

/// Runs whose optimizer looks at each batch more than once.
@Suite struct SolverTrainingTests {
  private static let fixture: JSON = {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/curvature.json")
    return (try? JSON(parsing: [UInt8](Data(contentsOf: url)))) ?? .null
  }()

  @Test(
    "products with the curvature of two heads' loss are PyTorch's in float64",
    arguments: ["gauss_newton", "hessian"], [1, 3])
  func products(matrix: String, threads: Int) throws {
    let configuration = try TwoHeads.configuration(
      loss: TwoHeads.terms(1, 0.5),
      JSONObject([
        ("optimizer", ["type": "hessian_free", "curvature": .string(matrix)]),
        ("threads", .integer(threads)),
      ]))
    let trainer = try Trainer(
      model: TwoHeads.model(), data: TrainingData(training: TwoHeads.examples()),
      configuration: configuration, initialWeights: TwoHeads.weights())
    let solver = try #require(trainer.engine.solving?.solver)
    var place = 0.0
    for index in solver.direction.shapes.indices {
      let vector = solver.direction.pointer(index).assumingMemoryBound(to: Float.self)
      for element in 0..<solver.direction.shapes[index].count {
        place += 1
        vector[element] = Float(sin(place))
      }
    }
    let batch = trainer.examples.batch(0)
    trainer.passes.begin(batch, step: 1, after: trainer.engine.preparedProgram(batch: batch.count))
    trainer.passes.measureCurvature()
    let found = solver.product.shapes.indices.flatMap { index in
      let start = solver.product.pointer(index).assumingMemoryBound(to: Float.self)
      return (0..<solver.product.shapes[index].count).map { Double(start[$0]) }
    }
    let wanted = TwoHeads.numbers(Self.fixture[matrix])
    #expect(found.count == wanted.count)
    for (a, b) in zip(found, wanted) { #expect(abs(a - b) < 1e-5 * max(1, abs(b)), "\(a), \(b)") }
  }

  /// `y = X w + b` with noise: what is least is known from the normal equations.
  private enum Line {
    static let numbers: (inputs: [Float], targets: [Float]) = {
      var random = Philox(seed: 8, purpose: "line").generator()
      var (inputs, targets): ([Float], [Float]) = ([], [])
      for _ in 0..<200 {
        let x = [1, 10, 0.1].map { Float((random.uniform() - 0.5) * $0) }
        inputs += x
        targets.append(2 * x[0] - x[1] + 30 * x[2] + 0.5 + Float(random.uniform() - 0.5))
      }
      return (inputs, targets)
    }()

    static var data: TrainingData {
      TrainingData(
        training: MemoryExamples(
          inputs: numbers.inputs, shape: [3], targets: .numbers(numbers.targets, shape: [1])))
    }

    static func model() throws -> Model {
      try Model(ModelSpec(["input": ["shape": [3]], "layers": [["type": "dense", "units": 1]]]))
    }

    /// The mean squared error of the best line, by Gaussian elimination in double precision.
    static let leastError: Double = {
      let rows = (0..<200).map { row in
        (0..<3).map { Double(numbers.inputs[3 * row + $0]) } + [1.0]
      }
      let targets = numbers.targets.map(Double.init)
      var matrix: [[Double]] = []
      for i in 0..<4 {
        var row = (0..<4).map { j in rows.reduce(0.0) { $0 + $1[i] * $1[j] } }
        row.append(zip(rows, targets).reduce(0.0) { $0 + $1.0[i] * $1.1 })
        matrix.append(row)
      }
      for pivot in 0..<4 {
        for row in 0..<4 where row != pivot {
          let factor = matrix[row][pivot] / matrix[pivot][pivot]
          for column in 0..<5 { matrix[row][column] -= factor * matrix[pivot][column] }
        }
      }
      let weights = (0..<4).map { matrix[$0][4] / matrix[$0][$0] }
      let squares = zip(rows, targets).map { row, target in
        let error = zip(row, weights).reduce(0.0) { $0 + $1.0 * $1.1 } - target
        return error * error
      }
      return squares.reduce(0, +) / 200
    }()
  }

  @Test(
    "a line is found in one step by Gauss–Newton and the natural gradient, in a few by the others",
    arguments: [
      (["type": "gauss_newton", "damping": 1e-9], 1),
      (["type": "natural_gradient", "damping": 1e-9, "learning_rate": 1, "cg_tolerance": 1e-7], 1),
      (["type": "hessian_free", "damping": 1e-6, "cg_progress": 0], 2),
      (["type": "hessian_free", "damping": 1e-6, "curvature": "hessian", "cg_progress": 0], 2),
      (["type": "lbfgs"], 2),
    ] as [(JSON, Int)])
  func line(optimizer: JSON, steps: Int) throws {
    let observer = RecordingObserver()
    _ = try Trainer(
      model: Line.model(), data: Line.data,
      configuration: TrainingConfiguration([
        "steps": .integer(steps + 1), "batch_size": "full", "seed": 2, "loss": "mean_squared_error",
        "optimizer": optimizer,
      ])
    ).run(observer: observer)
    let last = try #require(observer.losses.last)
    #expect(observer.losses[0] > 2 * Line.leastError)
    #expect(abs(last - Line.leastError) < 1e-5, "\(observer.losses), \(Line.leastError)")
  }

  static let optimizers: [JSON] = [
    ["type": "lbfgs", "iterations": 3, "history": 4],
    ["type": "lbfgs", "line_search": "none", "learning_rate": 0.1, "iterations": 2],
    ["type": "gauss_newton", "cg_iterations": 8], ["type": "hessian_free", "cg_iterations": 8],
    ["type": "natural_gradient", "cg_iterations": 5, "max_divergence": 0.05],
    ["type": "kfac", "inverses_every": 3, "max_divergence": 0.05],
    ["type": "sophia", "estimate_every": 3, "learning_rate": 0.01],
  ]

  private func spiral(
    _ optimizer: JSON, _ members: JSONObject = JSONObject(), dropout: Double = 0,
    observation: ObservationConfiguration = .init(), resuming: CheckpointState? = nil,
    lastStep: Int? = nil
  ) throws -> (Outcome, RecordingObserver) {
    var all = JSONObject([
      ("steps", 12), ("epochs", .null), ("batch_size", 70), ("optimizer", optimizer),
    ])
    for (name, value) in members.members { all[name] = value }
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: Spiral.model(dropout: dropout), data: TrainingData(training: Spiral.examples(210)),
      configuration: Spiral.configuration(all), observation: observation, resuming: resuming,
      lastStep: lastStep)
    return (try trainer.run(observer: observer), observer)
  }

  @Test(
    "probes, threads and an interruption change no bit", arguments: optimizers, [0, 0.2])
  func repeats(optimizer: JSON, dropout: Double) throws {
    let (plain, heard) = try spiral(optimizer, dropout: dropout)
    let (spread, _) = try spiral(optimizer, JSONObject([("threads", 3)]), dropout: dropout)
    #expect(spread.weights?.bits == plain.weights?.bits)
    let observation = ObservationConfiguration(
      gradientNormsEvery: 1, histogramsEvery: 3, activationsEvery: 2, gradientStatisticsEvery: 2)
    let (probed, heardProbed) = try spiral(optimizer, dropout: dropout, observation: observation)
    #expect(probed.weights?.bits == plain.weights?.bits)
    #expect(heardProbed.losses == heard.losses)
    let (first, _) = try spiral(optimizer, dropout: dropout, lastStep: 7)
    let stored = try CheckpointState(decoding: #require(first.state).encoded())
    let (second, heardAfter) = try spiral(optimizer, dropout: dropout, resuming: stored)
    #expect(second.weights?.bits == plain.weights?.bits)
    #expect(heardAfter.losses == Array(heard.losses.dropFirst(7)))
  }

  @Test(
    "what is recorded is the gradient before the step, and how far that went", arguments: optimizers
  )
  func records(optimizer: JSON) throws {
    let (outcome, heard) = try spiral(optimizer, JSONObject([("steps", 1)]))
    let (sgd, heardOfSGD) = try spiral(
      ["type": "sgd", "learning_rate": 0], JSONObject([("steps", 1)]))
    #expect(heard.losses == heardOfSGD.losses)
    #expect(heard.gradients == heardOfSGD.gradients)
    let updates = heard.blocks.flatMap(\.updates)
    let (before, after) = (try #require(sgd.weights), try #require(outcome.weights))
    for (index, pair) in zip(before.tensors, after.tensors).enumerated() {
      let (a, b): ([Float], [Float]) = (pair.0.tensor.elements(), pair.1.tensor.elements())
      let moved = zip(a, b).reduce(0.0) { $0 + Double($1.1 - $1.0) * Double($1.1 - $1.0) }
      #expect(abs(updates[index].updateNorm - moved.squareRoot()) < 1e-6)
    }
    let series = try #require(heard.summary?.stepSeries)
    #expect(
      series.contains {
        ["evaluations", "cg_iterations", "step_scale", "curvature_trace"].contains($0)
      })
    #expect(heard.blocks.flatMap(\.own).allSatisfy { $0.isFinite })
  }

  @Test("penalties have their part in what is made small, and parts of a batch are the batch")
  func lbfgsParts() throws {
    let optimizer: JSON = ["type": "lbfgs", "iterations": 4]
    let members = JSONObject([
      ("steps", 6), ("regularization", [["l2": 0.01]]), ("batch_size", "full"),
    ])
    let (whole, heard) = try spiral(optimizer, members)
    let penalty = heard.summary?.stepSeries.firstIndex(of: "train_penalty")
    let width = try #require(heard.summary?.stepSeries.count)
    let penalties = try #require(penalty).advanced(by: 0)
    let own = heard.blocks.flatMap(\.own)
    let sums = heard.losses.enumerated().map { $1 + own[$0 * width + penalties] }
    // Each step ends below where it began, of the sum.
    for (a, b) in zip(sums, sums.dropFirst()) { #expect(b < a) }
    var parts = members
    parts["accumulate"] = 3
    let (accumulated, _) = try spiral(optimizer, parts)
    let (a, b) = (try #require(whole.weights), try #require(accumulated.weights))
    for (x, y) in zip(a.tensors, b.tensors) {
      let (p, q): ([Float], [Float]) = (x.tensor.elements(), y.tensor.elements())
      for (u, v) in zip(p, q) { #expect(abs(u - v) < 2e-3) }
    }
  }

  @Test("a layer that a group holds still stays as it was", arguments: optimizers)
  func frozen(optimizer: JSON) throws {
    var members = try #require(optimizer.object)
    members["groups"] = [["layers": ["second"], "frozen": true]]
    let (outcome, _) = try spiral(.object(members))
    let start = try spiral(["type": "sgd", "learning_rate": 0], JSONObject([("steps", 1)])).0
    let (before, after) = (try #require(start.weights), try #require(outcome.weights))
    for (a, b) in zip(before.tensors, after.tensors) {
      let same = a.tensor.withUnsafeBytes { x in b.tensor.withUnsafeBytes { Array(x) == Array($0) }
      }
      #expect(same == (a.name.hasPrefix("second")), "\(a.name)")
    }
  }

  @Test(
    "digits: full-batch L-BFGS and Hessian-free steps get further in 15 than Adam in 150",
    arguments: [["type": "lbfgs"], ["type": "hessian_free"]] as [JSON])
  func digits(optimizer: JSON) throws {
    func loss(_ optimizer: JSON, steps: Int) throws -> Double {
      let observer = RecordingObserver()
      _ = try Trainer(
        model: DigitsTests.smallModel(), data: TrainingData(training: DigitsTests.dataset()),
        configuration: TrainingConfiguration([
          "steps": .integer(steps), "batch_size": "full", "seed": 3, "loss": "cross_entropy",
          "optimizer": optimizer,
        ])
      ).run(observer: observer)
      return try #require(observer.losses.last)
    }
    let adam = try loss(["type": "adam", "learning_rate": 0.01], steps: 150)
    #expect(try loss(optimizer, steps: 15) < adam)
  }

  @Test(
    "what doesn't go with them is refused, with the member and a way out",
    arguments: [
      ("clip", ["norm": 1], "/training/clip"),
      ("gradients", ["centralize": true], "/training/gradients"),
      ("accumulate", 2, "/training/accumulate"),
    ] as [(String, JSON, String)])
  func refusals(member: String, value: JSON, pointer: String) throws {
    let configuration = try Spiral.configuration(
      JSONObject([("optimizer", "gauss_newton"), (member, value)]))
    let faults = TrainingData(training: Spiral.examples(60)).faults(
      model: try Spiral.model(), configuration: configuration)
    #expect(faults.all.map(\.pointer) == [pointer], "\(faults.all)")
  }

  @Test("a loss without second derivatives is refused with its name, before anything is queued")
  func secondOrder() throws {
    let configuration = try Spiral.configuration(
      JSONObject([("optimizer", "gauss_newton"), ("loss", "triplet"), ("metrics", [])]))
    let faults = TrainingData(training: Spiral.examples(60)).faults(
      model: try Spiral.model(), configuration: configuration)
    #expect(faults.all.map(\.pointer) == ["/training/optimizer/type"], "\(faults.all)")
    #expect(faults.all.first?.detail.contains("triplets") == true)
  }

  @Test("balanced terms and layers with a state are refused, and memory counts what they hold")
  func moreRefusals() throws {
    let balanced = try TwoHeads.configuration(
      loss: ["terms": TwoHeads.terms(), "balance": "uncertainty"],
      JSONObject([("optimizer", "lbfgs")]))
    let faults = TrainingData(training: TwoHeads.examples()).faults(
      model: try TwoHeads.model(), configuration: balanced)
    #expect(faults.all.contains { $0.pointer == "/training/loss/balance" }, "\(faults.all)")

    let model = try Spiral.model()
    let one = model.parameterCount * 4
    let adam = try Spiral.configuration(JSONObject([("optimizer", "sgd")]))
    let lbfgs = try Spiral.configuration(
      JSONObject([("optimizer", ["type": "lbfgs", "history": 7])]))
    #expect(model.stateBytes(lbfgs) - model.stateBytes(adam) >= 2 * 7 * one)
    let free = try Spiral.configuration(JSONObject([("optimizer", "hessian_free")]))
    let arena = try model.trainingBytes(free) - model.stateBytes(free)
    let plain = try model.trainingBytes(adam) - model.stateBytes(adam)
    #expect(arena > plain)
  }
}
