import JSON
import NeuralNetworks
import Tensors
import Testing

@testable import Training

/// What penalties and constraints come to over whole runs.
@Suite struct RegularizationTests {
  private static let members: JSONObject = [
    ("steps", 40), ("epochs", .null),
    ("regularization", [["l1": 1e-3], ["l2": 1e-3, "layers": ["hidden", "out*"]]]),
    ("activity_regularization", ["l2": 1e-2, "layers": ["second"]]),
    ("gradient_penalty", ["weight": 0.02]),
    ("constraints", ["max_norm": 1.1, "layers": ["hidden", "second"]]),
  ].reduce(into: JSONObject()) { $0[$1.0] = $1.1 }

  private func trainer(
    _ members: JSONObject, dropout: Double = 0.2,
    observation: ObservationConfiguration = .none, resuming: CheckpointState? = nil,
    lastStep: Int? = nil
  ) throws -> Trainer {
    try Trainer(
      model: Spiral.model(dropout: dropout), data: TrainingData(training: Spiral.examples(90)),
      configuration: Spiral.configuration(members), observation: observation, resuming: resuming,
      lastStep: lastStep)
  }

  @Test("the bits are the same on one, two and three threads, and with recomputed activations")
  func threads() throws {
    func bits(_ more: [(String, JSON)]) throws -> [[UInt8]] {
      var members = Self.members
      for (name, value) in more { members[name] = value }
      let observer = RecordingObserver()
      let outcome = try trainer(members).run(observer: observer)
      #expect(observer.blocks.flatMap(\.own).count == 40)
      let penalties = observer.blocks.flatMap(\.own).map { withUnsafeBytes(of: $0) { Array($0) } }
      return try #require(outcome.weights).bits + penalties
    }
    let alone = try bits([])
    #expect(try bits([("threads", 2)]) == alone)
    #expect(try bits([("threads", 3)]) == alone)
    #expect(try bits([("memory", ["recompute": "blocks"])]) == alone)
  }

  @Test("a run that is interrupted ends in the bits and the penalties of one that isn't")
  func continued() throws {
    let whole = RecordingObserver()
    let expected = try trainer(Self.members).run(observer: whole)
    let first = RecordingObserver()
    let paused = try trainer(Self.members, lastStep: 17).run(observer: first)
    let state = try CheckpointState(decoding: #require(paused.state).encoded())
    let second = RecordingObserver()
    let ended = try trainer(Self.members, resuming: state).run(observer: second)
    #expect(ended.weights?.bits == expected.weights?.bits)
    #expect(
      (first.blocks + second.blocks).flatMap(\.own) == whole.blocks.flatMap(\.own))
  }

  @Test("the norm of the weights into every unit is at most the limit after every step")
  func bounded() throws {
    var members = Self.members
    members["optimizer"] = ["type": "sgd", "learning_rate": 0.5, "momentum": 0.9]
    members["checkpoint"] = ["every_steps": 1, "keep": 1000]
    let observer = RecordingObserver()
    _ = try trainer(members, dropout: 0).run(observer: observer)
    let taken = observer.checkpoints.filter { $0.kind == .periodic }
    #expect(taken.count == 40)
    var atLimit = 0
    var free = 0.0
    for checkpoint in taken {
      for (name, width) in [("hidden.weight", 2), ("second.weight", 24), ("output.weight", 16)] {
        let weights = try #require(checkpoint.weights[name]).elements(of: Float.self)
        for start in stride(from: 0, to: weights.count, by: width) {
          let norm = weights[start..<start + width]
            .reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
          if name == "output.weight" {
            free = max(free, norm)
          } else {
            #expect(norm <= 1.1, "\(name) at step \(checkpoint.step)")
            if norm > 1.099 { atLimit += 1 }
          }
        }
      }
    }
    // The limit is reached, and only where it was set.
    #expect(atLimit > 100)
    #expect(free > 1.1)
  }

  @Test("train_loss has no penalty in it: the first step's is that of a run without any")
  func separate() throws {
    let with = RecordingObserver()
    _ = try trainer(Self.members).run(observer: with)
    let without = RecordingObserver()
    _ = try trainer(JSONObject([("steps", 1), ("epochs", .null)])).run(observer: without)
    #expect(with.losses[0] == without.losses[0])
    #expect(without.blocks.flatMap(\.own).isEmpty && without.summary?.stepSeries.isEmpty == true)
    #expect(with.blocks.flatMap(\.own).allSatisfy { $0 > 0.01 })
  }

  @Test(
    "the gradient's variance between examples is that of the loss: a penalty on weights leaves it")
  func variance() throws {
    let observation = ObservationConfiguration(
      gradientNormsEvery: 0, histogramsEvery: 0, activationsEvery: 0, termGradientsEvery: 0,
      gradientStatisticsEvery: 1, diagnoses: false)
    func variances(_ more: [(String, JSON)]) throws -> [Double] {
      let observer = RecordingObserver()
      let members = JSONObject([("steps", 1), ("epochs", .null)] + more)
      _ = try trainer(members, dropout: 0, observation: observation).run(observer: observer)
      return observer.values(of: "gradient_variance")
    }
    let plain = try #require(try variances([]).first)
    let penalised = try #require(
      try variances([("regularization", ["l2": 10])]).first)
    #expect(plain > 0 && abs(penalised - plain) < 1e-3 * plain, "\(plain), \(penalised)")
  }

  @Test("gradient histograms are of the loss and its penalties")
  func histograms() throws {
    let observation = ObservationConfiguration(
      gradientNormsEvery: 1, histogramsEvery: 1, activationsEvery: 0, termGradientsEvery: 0,
      gradientStatisticsEvery: 0, diagnoses: false)
    let observer = RecordingObserver()
    let members = JSONObject([
      ("steps", 1), ("epochs", .null), ("regularization", ["l2": 10, "layers": ["hidden"]]),
    ])
    _ = try trainer(members, dropout: 0, observation: observation).run(observer: observer)
    let histogram = try #require(
      observer.histograms.first { $0.quantity == .gradient && $0.parameter == "hidden.weight" })
    let norm = observer.gradients[0].norm
    let summed = histogram.histogram.mean * histogram.histogram.mean + histogram.histogram.variance
    #expect(norm > 1)
    #expect(abs((summed * 48).squareRoot() - norm) < 1e-3 * norm)
  }

  @Test("frozen layers aren't penalised, and one whose parameters another uses is penalised once")
  func frozenAndShared() throws {
    let model = try Model(
      ModelSpec([
        "input": ["shape": [2]],
        "layers": [
          ["type": "dense", "units": 4, "name": "frozen", "trainable": false],
          ["type": "dense", "units": 4, "name": "own"],
          ["type": "dense", "units": 4, "name": "again", "share": "own"],
          ["type": "dense", "units": 3, "name": "head", "bias": false],
        ],
      ]))
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: model, data: TrainingData(training: Spiral.examples(30)),
      configuration: Spiral.configuration(
        JSONObject([
          ("steps", 1), ("epochs", .null),
          ("regularization", [["l2": 1], ["l1": 1, "layers": ["again"]]]),
        ])))
    _ = try trainer.run(observer: observer)
    let weights = try #require(observer.checkpoints.first { $0.kind == .initial }?.weights)
    func sum(_ name: String, _ of: (Double) -> Double) throws -> Double {
      try #require(weights[name]).elements(of: Float.self).reduce(0) { $0 + of(Double($1)) }
    }
    let expected =
      try sum("own.weight") { $0 * $0 } + sum("head.weight") { $0 * $0 }
      + sum("own.weight") { abs($0) }
    let found = try #require(observer.blocks.first?.own.first)
    #expect(abs(found - expected) < 1e-6 * expected)
  }

  @Test("a penalty on weight_norm's lengths is one on the norms of the rows")
  func normalized() throws {
    let model = try Model(
      ModelSpec([
        "input": ["shape": [2]],
        "layers": [["type": "dense", "units": 3, "name": "d", "weight_norm": true]],
      ]))
    let indices = try ParameterSelection().indices(in: model, pointer: "")
    #expect(
      indices.map { model.learnedParameters[$0].name } == ["d.parametrizations.weight.original0"])
  }

  @Test("the weights into a unit are found in every kind of kernel, dropped at random or not")
  func roles() throws {
    func roles(_ layer: JSON, _ shape: JSON) throws -> [ParameterRole] {
      try Model(ModelSpec(["input": ["shape": shape], "layers": [layer]])).learnedRoles
    }
    for rate in [0, 0.5] as [JSON] {
      let spread = try roles(
        [
          "type": "conv2d_transpose", "filters": 6, "kernel": 2, "groups": 2, "drop_connect": rate,
        ], [4, 3, 3])
      // [in 4, out/groups 3, 2, 2]
      #expect(
        spread == [.weight(UnitAxes(groups: 2, runs: 2, units: 3, length: 4)), .other], "\(spread)")
    }
    let kernel = try roles(["type": "conv2d", "filters": 6, "kernel": 2, "groups": 2], [4, 3, 3])
    #expect(kernel == [.weight(UnitAxes(groups: 6, runs: 1, units: 1, length: 8)), .other])
    let gates = try roles(["type": "lstm", "units": 3], [4, 5])
    #expect(
      gates == [
        .weight(UnitAxes(groups: 12, runs: 1, units: 1, length: 5)),
        .weight(UnitAxes(groups: 12, runs: 1, units: 1, length: 3)), .other, .other,
      ])
    #expect(try roles(["type": "layer_norm", "axes": 3], [4, 3, 3]) == [.other, .other])
  }
}
