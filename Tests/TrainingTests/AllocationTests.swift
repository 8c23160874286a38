import CAllocationCounter
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite(.serialized) struct AllocationTests {
  @Test(
    "a step allocates nothing, gradients recorded", .enabled(if: allocation_is_counted() != 0),
    arguments: [1, 2])
  func stepsAllocateNothing(threads: Int) throws {
    let configuration = try Spiral.configuration(
      JSONObject([
        ("threads", .integer(threads)), ("clip", ["norm": 1]), ("batch_size", 8),
        ("schedule", ["type": "cosine", "warmup_steps": 4]),
      ]))
    let trainer = try Trainer(
      model: Spiral.model(dropout: 0.5),
      data: TrainingData(training: Spiral.examples(800)), configuration: configuration,
      observation: ObservationConfiguration(histogramsEvery: 0, activationsEvery: 0))
    let observer = RecordingObserver()
    trainer.begin()
    // Handing a block on is the observer's own affair.
    trainer.lastFlush = .infinity
    for _ in 0..<3 { _ = try trainer.takeStep(observer) }
    let before = allocation_count()
    for _ in 0..<20 { _ = try trainer.takeStep(observer) }
    let after = allocation_count()
    #expect(after == before)
  }

  @Test(
    "nor does one whose rate is a formula, or a sequence of schedules, and whose loss is watched",
    .enabled(if: allocation_is_counted() != 0),
    arguments: [
      ["expression": "max(clip(step / 10, 0, 1), 0.1) * where(progress < 0.5, 1, 0.5^epoch)"],
      [
        "type": "sequence", "milestones": [2, 9],
        "schedules": ["linear", ["type": "cyclic", "up_steps": 3], "one_cycle"],
      ], "reduce_on_plateau",
    ] as [JSON])
  func schedulesAllocateNothing(schedule: JSON) throws {
    try expectNoAllocations(
      JSONObject([
        ("schedule", schedule), ("validation", ["fraction": 0.1]),
        ("stop", ["plateau": ["window_steps": 5, "patience": 50], "divergence": ["factor": 99]]),
      ]))
  }

  @Test(
    "nor does one with other optimizers, groups, treated gradients and averages",
    .enabled(if: allocation_is_counted() != 0), arguments: [1, 2],
    [
      ["optimizer": ["type": "sam", "optimizer": ["type": "lookahead", "optimizer": "nadam"]]],
      [
        "optimizer": ["type": "muon", "groups": [["layers": ["hidden"], "frozen": true]]],
        "gradients": ["centralize": true, "noise": ["eta": 0.1]],
        "clip": ["norm": 1, "per": "layer"],
      ],
      ["optimizer": "adafactor", "clip": ["adaptive": 0.01], "average": "ema"],
      // LAPACK's eigenvectors, which roots are renewed by, take memory of their own.
      ["optimizer": ["type": "shampoo", "precondition_every": 1000]],
      ["optimizer": ["type": "soap", "precondition_every": 2]],
      [
        "optimizer": [
          "type": "sam", "optimizer": "adam",
          "groups": [
            ["layers": ["hidden"], "unfreeze_at": ["step": 2]],
            ["layers": ["second"], "unfreeze_at": ["epoch": 2]],
          ],
        ], "clip": ["norm": 1],
      ],
      ["optimizer": "nadam"], ["optimizer": ["type": "sam", "optimizer": "adam"]],
      ["optimizer": ["type": "lookahead", "optimizer": "adam"]],
      ["optimizer": "lamb", "clip": ["value": 0.1]], ["optimizer": "lars"], ["accumulate": 4],
      ["accumulate": 2, "optimizer": ["type": "sam", "optimizer": "adam"]],
      [
        "regularization": [["l1": 1e-3], ["l2": 1e-3, "parameters": "all"]],
        "activity_regularization": ["l2": 1e-2, "layers": ["second"]],
        "gradient_penalty": ["weight": 0.02], "constraints": ["max_norm": 1.1],
      ],
    ] as [JSON])
  func otherStepsAllocateNothing(threads: Int, setting: JSON) throws {
    var members = JSONObject([("threads", .integer(threads))])
    for (name, value) in setting.object?.members ?? [] { members[name] = value }
    try expectNoAllocations(members)
  }

  /// Takes steps of eight examples until everything is there, and then twenty more.
  private func expectNoAllocations(_ members: JSONObject) throws {
    var members = members
    members["batch_size"] = 8
    let trainer = try Trainer(
      model: Spiral.model(), data: TrainingData(training: Spiral.examples(800)),
      configuration: Spiral.configuration(members),
      observation: ObservationConfiguration(histogramsEvery: 0, activationsEvery: 0))
    let observer = RecordingObserver()
    trainer.begin()
    trainer.lastFlush = .infinity
    func step() throws {
      _ = try trainer.takeStep(observer)
      _ = trainer.observeLoss(observer)
    }
    for _ in 0..<3 { try step() }
    let before = allocation_count()
    for _ in 0..<20 { try step() }
    #expect(allocation_count() == before)
  }

  @Test(
    "nor does one on sequences that are cut to the length of the longest",
    .enabled(if: allocation_is_counted() != 0), arguments: [1, 2])
  func shortenedStepsAllocateNothing(threads: Int) throws {
    let inputs = (0..<800 * 24).map { place -> Float in
      let (row, column) = (place / 24, place % 24 / 2)
      return column <= row % 12 ? Float(row % 7) - 3 : 9
    }
    let trainer = try Trainer(
      model: Model(
        ModelSpec([
          "input": ["shape": [12, 2], "padding": 9],
          "layers": [
            ["type": "dense", "units": 4], ["type": "global_avg_pool1d"],
            ["type": "dense", "units": 2],
          ],
        ])),
      data: TrainingData(
        training: MemoryExamples(
          inputs: inputs, shape: [12, 2], targets: .classes((0..<800).map { $0 % 2 }, count: 2))),
      configuration: TrainingConfiguration([
        "epochs": 2, "batch_size": 8, "loss": "cross_entropy", "optimizer": "adam",
        "batching": ["bucket_by_length": true], "threads": .integer(threads),
      ]), observation: ObservationConfiguration(histogramsEvery: 0, activationsEvery: 0))
    let observer = RecordingObserver()
    trainer.begin()
    trainer.lastFlush = .infinity
    // Until each length was met.
    for _ in 0..<60 { _ = try trainer.takeStep(observer) }
    let before = allocation_count()
    for _ in 0..<20 { _ = try trainer.takeStep(observer) }
    #expect(allocation_count() == before)
  }

  @Test(
    "nor does one on a graph", .enabled(if: allocation_is_counted() != 0), arguments: [1, 2])
  func graphStepsAllocateNothing(threads: Int) throws {
    let graph = try WorkloadGraph(
      ["vertices": 400, "edges": 900, "stored_features": 2_000], pointer: "")
    let model = try Model(
      ModelSpec([
        "input": ["shape": [60], "graph": true],
        "layers": [
          ["type": "dropout"],
          ["type": "graph_attention", "units": 4, "heads": 2, "dropout": 0.5],
          ["type": "graph_conv", "units": 3],
        ],
      ]))
    let configuration = try TrainingConfiguration([
      "epochs": 100, "loss": "cross_entropy", "threads": .integer(threads),
      "optimizer": ["type": "adam", "learning_rate": 0.01],
    ])
    let trainer = try Trainer(
      model: model, data: TrainingData(training: graph.examples(width: 60, classes: 3)),
      configuration: configuration,
      observation: ObservationConfiguration(histogramsEvery: 0, activationsEvery: 0))
    let observer = RecordingObserver()
    trainer.begin()
    trainer.lastFlush = .infinity
    for _ in 0..<3 { _ = try trainer.takeStep(observer) }
    let before = allocation_count()
    for _ in 0..<20 { _ = try trainer.takeStep(observer) }
    #expect(allocation_count() == before)
  }
}
