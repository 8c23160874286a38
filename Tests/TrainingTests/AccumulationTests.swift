import JSON
import NeuralNetworks
import Testing

@testable import Training

/// A step that passes in parts is the step that passes at once; all examples are a batch, too.
@Suite struct AccumulationTests {
  /// A network without a kink or a maximum, whose side rounding could decide.
  private static func smoothModel() throws -> Model {
    try Model(
      ModelSpec([
        "input": ["shape": [1, 8, 8]],
        "layers": [
          ["type": "conv2d", "filters": 16, "kernel": 3, "padding": "same", "activation": "tanh"],
          ["type": "avg_pool2d", "size": 2],
          ["type": "conv2d", "filters": 32, "kernel": 3, "padding": "same", "activation": "tanh"],
          ["type": "flatten"],
          ["type": "dense", "units": 64, "activation": "tanh"],
          ["type": "dense", "units": 10],
        ],
      ]))
  }

  /// The digits, fifty steps of SGD with momentum.
  private func train(
    _ members: JSONObject, observation: ObservationConfiguration = .init(),
    resuming: CheckpointState? = nil
  ) throws -> (Outcome, RecordingObserver) {
    var training = JSONObject([
      ("steps", 50), ("seed", 5), ("loss", "cross_entropy"),
      ("optimizer", ["type": "sgd", "learning_rate": 0.05, "momentum": 0.9]),
      ("metrics", ["accuracy"]),
    ])
    for (name, value) in members.members { training[name] = value == .null ? nil : value }
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: Self.smoothModel(), data: TrainingData(training: DigitsTests.dataset()),
      configuration: TrainingConfiguration(.object(training)), observation: observation,
      resuming: resuming)
    return (try trainer.run(observer: observer), observer)
  }

  private func distance(_ a: Outcome, _ b: Outcome) throws -> Double {
    let (a, b) = (try #require(a.weights), try #require(b.weights))
    return zip(a.tensors, b.tensors).reduce(0) { worst, pair in
      let (x, y): ([Float], [Float]) = (pair.0.tensor.elements(), pair.1.tensor.elements())
      return zip(x, y).reduce(worst) {
        max($0, Double(abs($1.0 - $1.1)) / max(1, Double(abs($1.1))))
      }
    }
  }

  @Test(
    "k passes of n examples are a step of k n, to 1e-6 of weights and losses",
    arguments: [
      [:], ["loss": ["type": "cross_entropy", "label_smoothing": 0.1]],
      [
        "loss": [
          "type": "cross_entropy",
          "class_weights": [1, 3, 0.5, 2, 1, 0.1, 4, 1, 2, 0.7],
        ]
      ], ["clip": ["norm": 0.5]], ["drop_last": true],
      ["optimizer": ["type": "sgd", "learning_rate": 0.05]],
      ["optimizer": ["type": "sam", "optimizer": ["type": "sgd", "learning_rate": 0.05]]],
    ] as [JSON])
  func equals(members: JSON) throws {
    let members = members.object ?? JSONObject()
    func with(_ batch: Int, _ accumulate: Int) throws -> (Outcome, RecordingObserver) {
      var all = members
      all["batch_size"] = .integer(batch)
      all["accumulate"] = .integer(accumulate)
      all["steps"] = 20
      return try train(all)
    }
    let (whole, heard) = try with(96, 1)
    let (parts, heardOfParts) = try with(32, 3)
    #expect(try distance(whole, parts) < 1e-6)
    #expect(heard.steps == heardOfParts.steps)
    for (a, b) in zip(heard.losses, heardOfParts.losses) { #expect(abs(a - b) < 1e-6 * max(1, a)) }
    #expect(heard.epochs.map(\.accuracy) == heardOfParts.epochs.map(\.accuracy))
    for (a, b) in zip(heard.epochs, heardOfParts.epochs) { #expect(abs(a.loss - b.loss) < 1e-6) }
    for (a, b) in zip(heard.gradients, heardOfParts.gradients) {
      #expect(abs(a.norm - b.norm) < 1e-5 * max(1, a.norm))
    }
  }

  @Test("passes that the loss ignores whole leave the others' mean as it is")
  func ignoredParts() throws {
    // Passes of one example, of which one in ten is of the class that counts for nothing.
    let loss: JSON = ["type": "cross_entropy", "ignore_index": 3]
    let members = JSONObject([("loss", loss), ("steps", 20), ("metrics", [])])
    func with(_ batch: Int, _ accumulate: Int) throws -> (Outcome, RecordingObserver) {
      var all = members
      all["batch_size"] = .integer(batch)
      all["accumulate"] = .integer(accumulate)
      return try train(all)
    }
    let (whole, heard) = try with(12, 1)
    let (parts, heardOfParts) = try with(1, 12)
    #expect(try distance(whole, parts) < 1e-6)
    for (a, b) in zip(heard.losses, heardOfParts.losses) { #expect(abs(a - b) < 1e-6 * max(1, a)) }
  }

  @Test("a short last batch passes in whole parts and a shorter one")
  func shortBatch() throws {
    // 1,797 examples: 17 steps of 100, and one of 97 in parts of 40, 40 and 17.
    let (whole, _) = try train(JSONObject([("batch_size", 100), ("steps", 20)]))
    let (parts, heard) = try train(
      JSONObject([("batch_size", 40), ("accumulate", 2), ("steps", 1)]))
    #expect(heard.summary?.stepsPerEpoch == 23)
    #expect(parts.step == 1)
    let (uneven, heardUneven) = try train(
      JSONObject([("batch_size", 50), ("accumulate", 2), ("steps", 20)]))
    #expect(heardUneven.summary?.stepsPerEpoch == 18)
    #expect(try distance(whole, uneven) < 1e-6)
  }

  @Test("a full batch is one of all examples, at once or in parts")
  func fullBatch() throws {
    let (named, _) = try train(JSONObject([("batch_size", 1_797), ("steps", 4)]))
    let (full, heard) = try train(JSONObject([("batch_size", "full"), ("steps", 4)]))
    #expect(heard.summary?.stepsPerEpoch == 1)
    #expect(full.weights?.bits == named.weights?.bits)
    let (parts, heardOfParts) = try train(
      JSONObject([("batch_size", "full"), ("accumulate", 7), ("steps", 4)]))
    #expect(heardOfParts.summary?.stepsPerEpoch == 1)
    #expect(try distance(full, parts) < 1e-6)
    #expect(heardOfParts.epochs.map(\.accuracy) == heard.epochs.map(\.accuracy))
  }

  @Test("probes, threads and an interruption change no bit of a step in parts")
  func repeats() throws {
    var members = JSONObject([
      ("batch_size", 16), ("accumulate", 4), ("steps", 40), ("checkpoint", ["every_steps": 13]),
    ])
    let observation = ObservationConfiguration(
      gradientNormsEvery: 1, histogramsEvery: 3, activationsEvery: 2, gradientStatisticsEvery: 2)
    let (plain, heard) = try train(members)
    let (probed, heardProbed) = try train(members, observation: observation)
    #expect(plain.weights?.bits == probed.weights?.bits)
    #expect(heard.losses == heardProbed.losses)
    members["threads"] = 3
    let (spread, _) = try train(members)
    #expect(spread.weights?.bits == plain.weights?.bits)
    let state = try #require(heard.checkpoints.first { $0.step == 13 }?.state)
    let (continued, heardAfter) = try train(members, resuming: state)
    #expect(continued.weights?.bits == plain.weights?.bits)
    #expect(heardAfter.losses == Array(heard.losses.dropFirst(13)))
    #expect(heardAfter.epochs.map(\.accuracy) == heard.epochs.map(\.accuracy))
  }

  @Test("the first part's gradient tells of the noise, as half a batch's does")
  func noise() throws {
    let observation = ObservationConfiguration(gradientStatisticsEvery: 1)
    let (_, halves) = try train(
      JSONObject([("batch_size", 128), ("steps", 12)]), observation: observation)
    let (_, parts) = try train(
      JSONObject([("batch_size", 64), ("accumulate", 2), ("steps", 12)]), observation: observation)
    let (a, b) = (halves.values(of: "gradient_variance"), parts.values(of: "gradient_variance"))
    #expect(a.count == 12 && b.count == 12)
    for (x, y) in zip(a, b) { #expect(abs(x - y) < 1e-3 * x, "\(x), \(y)") }
  }

  @Test("random numbers differ from part to part")
  func random() throws {
    // Two equal examples, dropped apart only by their pass.
    let examples = MemoryExamples(
      inputs: [Float](repeating: 1, count: 2 * 64), shape: [64],
      targets: .classes([1, 1], count: 2))
    func loss(_ members: JSONObject) throws -> Double {
      var training = members
      training["steps"] = 1
      training["loss"] = "cross_entropy"
      training["shuffle"] = false
      let observer = RecordingObserver()
      let model = try Model(
        ModelSpec([
          "input": ["shape": [64]],
          "layers": [["type": "dropout", "rate": 0.5], ["type": "dense", "units": 2]],
        ]))
      _ = try Trainer(
        model: model, data: TrainingData(training: examples),
        configuration: TrainingConfiguration(.object(training))
      ).run(observer: observer)
      return try #require(observer.losses.first)
    }
    let first = try loss(JSONObject([("batch_size", 1)]))
    let both = try loss(JSONObject([("batch_size", 1), ("accumulate", 2)]))
    #expect(first != both)
  }

  @Test(
    "what doesn't go with parts of a batch is refused, with the reason",
    arguments: [
      (["batch_size": "all"], "/batch_size", "\"full\""),
      (["batch_size": 0], "/batch_size", "1"),
      (["accumulate": 0], "/accumulate", "1"),
      (["accumulate": 9_999], "/accumulate", "4096"),
      (
        ["batch_size": 1_000, "accumulate": 2, "drop_last": true], "/drop_last",
        "2000 of a step"
      ),
    ] as [(JSON, String, String)])
  func faults(members: JSON, pointer: String, word: String) throws {
    let error = #expect(throws: Faults.self) {
      _ = try train(members.object ?? JSONObject())
    }
    let fault = try #require(error?.all.first)
    #expect(fault.pointer.hasSuffix(pointer), "\(fault)")
    #expect(fault.detail.contains(word), "\(fault)")
  }

  @Test("losses that compare examples of a batch, and balanced terms, are refused")
  func refusals() throws {
    let data = TrainingData(training: TwoHeads.examples())
    let balanced: JSON = ["terms": TwoHeads.terms(), "balance": "uncertainty"]
    let configuration = try TwoHeads.configuration(
      loss: balanced, JSONObject([("accumulate", 2)]))
    let faults = data.faults(model: try TwoHeads.model(), configuration: configuration)
    #expect(faults.all.contains { $0.pointer == "/training/accumulate" }, "\(faults.all)")

    let fixed = try TwoHeads.configuration(
      loss: TwoHeads.terms(2, 0.5), JSONObject([("accumulate", 2), ("batch_size", 4)]))
    #expect(data.faults(model: try TwoHeads.model(), configuration: fixed).isEmpty)
    let whole = try TwoHeads.configuration(
      loss: TwoHeads.terms(2, 0.5), JSONObject([("batch_size", 8)]))
    let heard = try [whole, fixed].map { configuration in
      let observer = RecordingObserver()
      _ = try Trainer(
        model: TwoHeads.model(), data: data, configuration: configuration,
        initialWeights: TwoHeads.weights()
      ).run(observer: observer)
      return observer
    }
    for (a, b) in zip(heard[0].losses, heard[1].losses) { #expect(abs(a - b) < 1e-6 * max(1, a)) }
    let terms = heard.map { $0.blocks.flatMap(\.termLosses) }
    #expect(terms[0].count == 24 && terms[1].count == 24)
    for (a, b) in zip(terms[0], terms[1]) { #expect(abs(a - b) < 1e-6 * max(1, a)) }
  }
}
