import JSON
import NeuralNetworks
import Tensors
import Testing

@testable import Training

/// Batches of sequences of similar length, which pass no longer than their longest.
@Suite struct LengthBucketTests {
  static let longest = 24

  /// Tokens from 1 to 9, 0 behind the end of each; the class is whether there are more high ones than low ones.
  static func examples(_ count: Int) -> MemoryExamples {
    let (inputs, classes) = sequences(count)
    return MemoryExamples(
      inputs: inputs, shape: Shape([longest]), targets: .classes(classes, count: 2))
  }

  private static func sequences(_ count: Int) -> (inputs: [Float], classes: [Int32]) {
    var random = Philox(seed: 7, purpose: "sequences").generator()
    var inputs: [Float] = []
    var classes: [Int32] = []
    for _ in 0..<count {
      let length = 1 + Int(random.uniform() * random.uniform() * Double(longest))
      let tokens = (0..<length).map { _ in 1 + Float(Int(random.uniform() * 9)) }
      classes.append(tokens.reduce(0) { $0 + ($1 > 5 ? 1 : -1) } > 0 ? 1 : 0)
      inputs += tokens + [Float](repeating: 0, count: longest - length)
    }
    return (inputs, classes)
  }

  static func model(_ layers: [JSON]) throws -> Model {
    try Model(
      ModelSpec([
        "input": [
          "shape": [.integer(longest)], "dtype": "int32", "vocabulary": 10, "padding": 0,
        ],
        "layers": .array(
          [["type": "embedding", "dimensions": 6]] + layers + [["type": "dense", "units": 2]]),
      ]))
  }

  static let layers: [[JSON]] = [
    [["type": "gru", "units": 7]],
    [["type": "lstm", "units": 5, "bidirectional": true]],
    [
      ["type": "dense", "units": 8, "activation": "gelu"],
      ["type": "rnn", "units": 5, "layers": 2, "return_sequences": true], ["type": "layer_norm"],
      ["type": "global_max_pool1d"],
    ],
    [
      ["type": "multi_head_attention", "heads": 2, "causal": true, "positions": "alibi"],
      ["type": "global_avg_pool1d"],
    ],
    [["type": "lstm", "units": 4, "layer_norm": true]],
    [
      ["type": "positional_embedding", "kind": "sinusoidal"],
      ["type": "transformer_block", "heads": 2],
      ["type": "global_avg_pool1d"],
    ],
  ]

  private func train(
    _ model: Model, buckets: JSON?, _ members: JSONObject = JSONObject(),
    observation: ObservationConfiguration = .init(), resuming: CheckpointState? = nil
  ) throws -> (Outcome, RecordingObserver) {
    var training = JSONObject([
      ("epochs", 3), ("batch_size", 16), ("seed", 11), ("loss", "cross_entropy"),
      ("optimizer", ["type": "sgd", "learning_rate": 0.1, "momentum": 0.9]),
      ("metrics", ["accuracy"]),
    ])
    if let buckets { training["batching"] = ["bucket_by_length": buckets] }
    for (name, value) in members.members { training[name] = value == .null ? nil : value }
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: model, data: TrainingData(training: Self.examples(150)),
      configuration: TrainingConfiguration(.object(training)), observation: observation,
      resuming: resuming)
    return (try trainer.run(observer: observer), observer)
  }

  @Test(
    "a step learns the same from sequences that are cut as from those that are filled up",
    arguments: layers)
  func sameResults(layers: [JSON]) throws {
    let model = try Self.model(layers)
    // One length is that of the model: the same order, and nothing is cut. Two steps, for roundings grow with each.
    let steps = JSONObject([("epochs", .null), ("steps", 2)])
    let (whole, heard) = try train(model, buckets: ["buckets": 1], steps)
    let (cut, heardCut) = try train(model, buckets: ["buckets": 6], steps)
    for (a, b) in zip(heard.losses, heardCut.losses) { #expect(abs(a - b) < 1e-5) }
    for (a, b) in zip(heard.gradients, heardCut.gradients) {
      #expect(abs(a.norm - b.norm) < 1e-4 * max(a.norm, 1))
    }
    let (one, other) = (try #require(whole.weights), try #require(cut.weights))
    for (a, b) in zip(one.tensors, other.tensors) {
      let (x, y): ([Float], [Float]) = (a.tensor.elements(), b.tensor.elements())
      for (p, q) in zip(x, y) { #expect(abs(p - q) < 1e-5, "\(a.name)") }
    }
    let order = try Trainer(
      model: model, data: TrainingData(training: Self.examples(150)),
      configuration: TrainingConfiguration([
        "epochs": 1, "batch_size": 16, "seed": 11, "loss": "cross_entropy",
        "batching": ["bucket_by_length": ["buckets": 6]],
      ])
    ).examples
    let lengths = (0..<2).map { order.length(of: order.batch($0)) }
    #expect(lengths.contains { $0 != nil }, "nothing was cut")
  }

  @Test(
    "each example is in an epoch once, its step's are of similar length, and epochs differ",
    arguments: [16, 7, 150, 200])
  func order(batch: Int) throws {
    let source = Self.examples(150)
    let model = try Self.model(Self.layers[0])
    let lengths = ExampleLengths(source, model: model, buckets: LengthBuckets()).lengths
    let numbers = Self.sequences(150).inputs
    for (index, length) in lengths.enumerated() {
      let row = numbers[index * Self.longest..<(index + 1) * Self.longest]
      #expect(Int(length) == (row.lastIndex { $0 != 0 }.map { $0 - row.startIndex } ?? -1) + 1)
    }
    let order = LengthOrder(lengths: lengths, batchSize: batch, pool: 100, seed: 3)
    var epochs: [[Int]] = []
    for epoch in 0..<4 {
      var positions: [Int] = []
      order.write(epoch: epoch, to: &positions)
      #expect(positions.sorted() == Array(0..<150))
      epochs.append(positions)
      // Sorted as a whole but for the step that is short, lengths of full steps don't overlap.
      let spans = stride(from: 0, to: 150 / batch * batch, by: batch).map { start in
        let own = positions[start..<start + batch].map { lengths[$0] }
        return (own.min() ?? 0, own.max() ?? 0)
      }.sorted { $0 < $1 }
      for (a, b) in zip(spans, spans.dropFirst()) { #expect(a.1 <= b.0) }
      if spans.count > 2 {
        let firsts = stride(from: 0, to: 150 / batch * batch, by: batch).map {
          lengths[positions[$0]]
        }
        #expect(firsts != firsts.sorted(), "steps are in order of their length")
      }
    }
    #expect(Set(epochs).count == 4)
  }

  @Test(
    "interruptions, threads and probes change no bit; passes in parts neither lose nor repeat an example"
  )
  func exact() throws {
    let model = try Self.model([["type": "dropout", "rate": 0.2]] + Self.layers[0])
    let members = JSONObject([("checkpoint", ["every_steps": 1, "keep": 99])])
    let (whole, heard) = try train(model, buckets: true, members)
    for step in [4, 10, 13] {
      let state = try #require(
        heard.checkpoints.first { $0.step == step && $0.state != nil }?.state)
      let (continued, _) = try train(model, buckets: true, members, resuming: state)
      #expect(continued.weights?.bits == whole.weights?.bits, "from \(step)")
    }
    let (spread, _) = try train(model, buckets: true, JSONObject([("threads", 3)]))
    #expect(spread.weights?.bits == whole.weights?.bits)
    let (probed, _) = try train(
      model, buckets: true,
      observation: ObservationConfiguration(
        gradientNormsEvery: 1, histogramsEvery: 2, activationsEvery: 1, gradientStatisticsEvery: 3))
    #expect(probed.weights?.bits == whole.weights?.bits)
    let parts = try train(model, buckets: true, JSONObject([("accumulate", 3)]))
    #expect(parts.1.epochs.map(\.step) == [4, 8, 12])
  }

  @Test("a model is shortened with the same parameters, and what depends on the length is told")
  func objections() throws {
    for layers in Self.layers { #expect(ShortenedModel.objection(try Self.model(layers)) == nil) }
    let gru: JSON = ["type": "gru", "units": 7]
    let cases: [([JSON], String)] = [
      ([["type": "flatten"]], "is [2, 144]: its shape depends on the length"),
      ([["type": "max_pool1d", "size": 2], gru], "(max_pool1d) doesn't know of padding"),
      (
        [["type": "conv1d", "filters": 3, "kernel": 3], ["type": "global_max_pool1d"]], "(conv1d)"
      ),
      ([["type": "gru", "units": 7, "truncate": 5]], "leave truncate out"),
      ([["type": "layer_norm", "axes": 2], gru], "\"layer_norm_1.weight\" is [24, 6]"),
      ([["type": "batch_norm"], gru], "(batch_norm) doesn't know of padding"),
      ([["type": "positional_embedding", "kind": "learned"], gru], "depends on the length"),
      ([["type": "gru", "units": 7, "return_sequences": true]], "is as long as the sequences"),
    ]
    for (layers, words) in cases {
      let objection = try #require(ShortenedModel.objection(try Self.model(layers)))
      #expect(objection.contains(words), "\(objection)")
    }
    let plain = try Model(
      ModelSpec([
        "input": ["shape": [24, 2]],
        "layers": [["type": "gru", "units": 3], ["type": "dense", "units": 2]],
      ]))
    #expect(ShortenedModel.objection(plain)?.contains("says what padding is") == true)
  }

  static let faults: [(JSONObject, String, String)] = [
    (JSONObject([("batching", [:])]), "/batching/bucket_by_length", "is missing"),
    (
      JSONObject([("batching", ["bucket_by_length": ["bucket": 3]])]),
      "/batching/bucket_by_length/bucket", "did you mean \"buckets\"?"
    ),
    (
      JSONObject([("batching", ["bucket_by_length": ["buckets": 33]])]),
      "/batching/bucket_by_length/buckets", "from 1 to 32"
    ),
    (
      JSONObject([("batching", ["bucket_by_length": true]), ("shuffle", false)]),
      "/batching/bucket_by_length", "contradicts shuffle"
    ),
    (
      JSONObject([("batching", ["bucket_by_length": true]), ("sampling", "balanced")]),
      "/batching/bucket_by_length", "contradicts sampling"
    ),
    (
      JSONObject([
        ("batching", ["bucket_by_length": true]),
        ("activity_regularization", ["l2": 0.1, "layers": ["gru_1"]]),
      ]), "/training/batching/bucket_by_length", "count padding too"
    ),
  ]

  @Test("what contradicts it is told with its place", arguments: faults)
  func refuses(members: JSONObject, pointer: String, words: String) throws {
    let faults = #expect(throws: Faults.self) {
      try train(Self.model(Self.layers[0]), buckets: nil, members)
    }
    #expect(faults?.all.map(\.pointer) == [pointer])
    #expect(faults?.all.first?.detail.contains(words) == true, "\(String(describing: faults))")
  }
}
