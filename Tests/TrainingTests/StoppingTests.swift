import JSON
import NeuralNetworks
import Optimizers
import Testing

@testable import Training

/// Rules that end a run, on real digits, against loops written by hand over what a run without them recorded.
@Suite struct StoppingTests {
  static let model: JSON = [
    "input": ["shape": [1, 8, 8]],
    "layers": [
      ["type": "flatten"], ["type": "dense", "units": 32, "activation": "relu"],
      ["type": "dense", "units": 10],
    ],
  ]

  /// Without activations, at too high a rate, it diverges.
  static let linear: JSON = [
    "input": ["shape": [1, 8, 8]],
    "layers": [
      ["type": "flatten"], ["type": "dense", "units": 32], ["type": "dense", "units": 32],
      ["type": "dense", "units": 10],
    ],
  ]

  private func run(
    _ members: JSONObject, model: JSON = model, resuming: CheckpointState? = nil, until: Int? = nil
  ) throws -> (outcome: Outcome, heard: RecordingObserver) {
    var object = JSONObject([
      ("epochs", 24), ("batch_size", 64), ("seed", 11), ("loss", "cross_entropy"),
      ("optimizer", ["type": "adam", "learning_rate": 0.004]), ("metrics", ["accuracy"]),
      ("validation", ["fraction": 0.3]),
    ])
    for (name, value) in members.members { object[name] = value == .null ? nil : value }
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: Model(ModelSpec(model)), data: TrainingData(training: DigitsTests.dataset()),
      configuration: TrainingConfiguration(.object(object)), observation: .none,
      resuming: resuming, lastStep: until)
    return (try trainer.run(observer: observer), observer)
  }

  /// What a run without any rule recorded, an epoch a value.
  private func series() throws -> (losses: [Double], accuracies: [Double]) {
    let heard = try run(JSONObject()).heard
    let results = heard.evaluations.filter { $0.part == .validation }.map(\.result)
    #expect(results.count == 24)
    return (results.map(\.loss), results.compactMap(\.accuracy))
  }

  /// The epoch, from 1, at which the loop that Keras documents ends; `nil` when it doesn't.
  private func keras(
    _ values: [Double], larger: Bool = false, patience: Int, delta: Double = 0,
    baseline: Double? = nil, startFrom: Int = 0
  ) -> Int? {
    func improves(_ value: Double, _ reference: Double) -> Bool {
      larger ? value - delta > reference : value + delta < reference
    }
    var best = larger ? -Double.infinity : Double.infinity
    var wait = 0
    for (epoch, value) in values.enumerated() where epoch >= startFrom {
      wait += 1
      if improves(value, best) {
        best = value
        if baseline.map({ improves(value, $0) }) ?? true { wait = 0 }
      }
      if wait >= patience { return epoch + 1 }
    }
    return nil
  }

  @Test("early stopping stops where a hand-written loop says, with each of its rules")
  func matchesLoop() throws {
    let (losses, accuracies) = try series()
    var ends: Set<Int> = []
    for (patience, delta, start) in [
      (1, 0.0, 0), (2, 0.0, 0), (3, 0.004, 0), (2, 0.01, 4), (1, 0, 9),
    ] {
      let end = keras(losses, patience: patience, delta: delta, startFrom: start)
      let (outcome, _) = try run(
        JSONObject([
          (
            "early_stopping",
            [
              "patience": .integer(patience), "min_delta": .number(delta),
              "start_from_epoch": .integer(start),
            ]
          )
        ]))
      #expect(outcome.epoch == end ?? 24, "patience \(patience), delta \(delta), from \(start)")
      #expect(outcome.reason == (end ?? 24 < 24 ? .earlyStopped : .completed))
      ends.insert(outcome.epoch)
    }
    #expect(ends.count > 2 && ends.contains { $0 < 24 })

    // The baseline: never beaten, so that the wait never begins anew; and beaten in the first epoch.
    let smallest = try #require(losses.min())
    for (baseline, patience) in [(smallest / 2, 4), (10.0, 2)] {
      let end = keras(losses, patience: patience, baseline: baseline)
      let (outcome, heard) = try run(
        JSONObject([
          (
            "early_stopping",
            ["patience": .integer(patience), "baseline": .number(baseline)]
          )
        ]))
      #expect(outcome.epoch == end ?? 24, "baseline \(baseline)")
      if baseline < smallest {
        #expect(end == 4)
        #expect(heard.logs.last?.message.contains("not beaten the baseline") == true)
      }
    }

    let target = accuracies[5]
    let reached = try #require(accuracies.firstIndex { $0 >= target }) + 1
    let (outcome, heard) = try run(
      JSONObject([
        (
          "early_stopping",
          [
            "monitor": "validation_accuracy", "target": .number(target), "restore_best": true,
          ]
        )
      ]))
    #expect(outcome.epoch == reached && outcome.reason == .earlyStopped)
    #expect(heard.logs.last?.message.contains("reached the target") == true)
    #expect(outcome.best?.value == accuracies[..<reached].max())
  }

  @Test("before start_from_epoch no weights are the best")
  func startFrom() throws {
    let (losses, _) = try series()
    let (outcome, heard) = try run(
      JSONObject([
        ("epochs", 10),
        ("early_stopping", ["patience": 9, "start_from_epoch": 6, "restore_best": true]),
      ]))
    #expect(outcome.epoch == 10)
    #expect(outcome.best?.value == losses[6..<10].min())
    #expect(heard.checkpoints.filter { $0.kind == .best }.allSatisfy { $0.epoch > 6 })
  }

  @Test("reduce_on_plateau sets the rates that a loop over the recorded losses says")
  func plateau() throws {
    let schedule: JSON = [
      "type": "reduce_on_plateau", "patience": 1, "factor": 0.5, "threshold": 0.1, "cooldown": 1,
      "warmup_epochs": 2,
    ]
    let (_, heard) = try run(JSONObject([("schedule", schedule)]))
    let losses = heard.evaluations.filter { $0.part == .validation }.map(\.result.loss)
    let perEpoch = try #require(heard.summary).stepsPerEpoch
    let rates = heard.blocks.flatMap(\.learningRates)
    var (rate, best, bad, resting, cuts) = (0.004, Double.infinity, 0, 0, 0)
    for epoch in 0..<24 {
      for step in epoch * perEpoch..<(epoch + 1) * perEpoch {
        let warm = 2 * perEpoch
        let climb = step < warm ? Double(step + 1) / Double(warm + 1) : 1
        #expect(abs(rates[step] - rate * climb) < 1e-15, "step \(step + 1)")
      }
      // Evaluations of the warm-up don't count.
      guard epoch >= 2 else { continue }
      if losses[epoch] < best * (1 - 0.1) { (best, bad) = (losses[epoch], 0) } else { bad += 1 }
      if resting > 0 { (resting, bad) = (resting - 1, 0) }
      if bad > 1 { (rate, resting, bad, cuts) = (rate * 0.5, 1, 0, cuts + 1) }
    }
    #expect(cuts > 1)
    #expect(heard.logs.count { $0.message.contains("the learning rate is cut") } == cuts)
  }

  @Test("a run with every such rule, interrupted anywhere, ends in the same bits")
  func resumes() throws {
    let rules = JSONObject([
      ("epochs", 14),
      (
        "schedule",
        [
          "type": "reduce_on_plateau", "patience": 0, "factor": 0.6, "threshold": 0.02,
          "monitor": "train_accuracy",
        ]
      ),
      (
        "early_stopping",
        ["patience": 4, "min_delta": 0.003, "restore_best": true, "baseline": 0.8]
      ),
      (
        "stop",
        [
          "plateau": ["window_steps": 33, "min_change": 0.01, "patience": 3],
          "divergence": ["factor": 50, "patience": 3],
        ]
      ),
    ])
    let (whole, heard) = try run(rules)
    let perEpoch = try #require(heard.summary).stepsPerEpoch
    #expect(Set(heard.blocks.flatMap(\.learningRates)).count > 1)
    for step in [1, perEpoch - 1, 3 * perEpoch, 4 * perEpoch + 7, whole.step] {
      let first = try run(rules, until: step)
      let state = try CheckpointState(decoding: #require(first.outcome.state).encoded())
      let (outcome, rest) = try run(rules, resuming: state)
      #expect(outcome.weights?.bits == whole.weights?.bits, "at step \(step)")
      #expect(outcome.step == whole.step && outcome.reason == whole.reason)
      #expect(
        first.heard.blocks.flatMap(\.learningRates) + rest.blocks.flatMap(\.learningRates)
          == heard.blocks.flatMap(\.learningRates))
      #expect(outcome.state?.progress.plateau == whole.state?.progress.plateau)
      #expect(outcome.state?.progress.lossStopping == whole.state?.progress.lossStopping)
    }
  }

  @Test("a training loss that no longer falls ends the run where a loop over it says")
  func lossPlateau() throws {
    let (_, free) = try run(JSONObject([("validation", .null)]))
    for (window, change, patience) in [(10, 0.05, 1), (25, 0.1, 2), (7, 0.2, 3)] {
      var (best, flat, end) = (Double.infinity, 0, free.losses.count)
      for start in stride(from: 0, to: free.losses.count - window + 1, by: window) {
        let mean = free.losses[start..<start + window].reduce(0, +) / Double(window)
        if best < .infinity { flat = mean <= best * (1 - change) ? 0 : flat + 1 }
        best = min(best, mean)
        if flat >= patience {
          end = start + window
          break
        }
      }
      let (outcome, heard) = try run(
        JSONObject([
          ("validation", .null),
          (
            "stop",
            [
              "plateau": [
                "window_steps": .integer(window), "min_change": .number(change),
                "patience": .integer(patience),
              ]
            ]
          ),
        ]))
      #expect(end < free.losses.count, "the loop ends")
      #expect(outcome.step == end && outcome.reason == .earlyStopped, "window \(window)")
      #expect(heard.logs.last?.message.contains("mean training loss") == true)
      // What there was of the epoch is told of.
      #expect(heard.epochs.last?.step == end)
    }
  }

  @Test("a loss that grows beyond its limit fails the run as diverged, with the weights it had")
  func divergence() throws {
    let fast: JSON = ["type": "sgd", "learning_rate": 0.8]
    let (_, heard) = try run(
      JSONObject([("optimizer", fast), ("epochs", 3)]), model: Self.linear)
    let first = heard.losses[0]
    for (factor, patience) in [(1.5, 1), (1.2, 3)] {
      var (above, end) = (0, 0)
      for (index, loss) in heard.losses.enumerated() where end == 0 {
        above = index > 0 && loss > factor * first ? above + 1 : 0
        if above == patience { end = index + 1 }
      }
      try #require(end > 1, "the loss grows")
      let (outcome, stopped) = try run(
        JSONObject([
          ("optimizer", fast), ("epochs", 3),
          ("stop", ["divergence": ["factor": .number(factor), "patience": .integer(patience)]]),
        ]), model: Self.linear)
      let failure = try #require(outcome.failure)
      #expect(failure.reason == .diverged && failure.step == end)
      #expect(failure.message.contains("lower learning_rate"))
      #expect(stopped.checkpoints.last?.kind == .latest && stopped.checkpoints.last?.step == end)
      #expect(failure.autopsy.weightsStep == end)
    }
  }

  static let bad: [(JSON, [String])] = [
    (["early_stopping": ["target": 0.1, "baseline": 0.4]], ["/early_stopping/baseline"]),
    (
      ["early_stopping": ["patience": 1, "start_from_epoch": 2]],
      ["/early_stopping/start_from_epoch"]
    ),
    (["early_stopping": ["patience": 1, "baseline": "x"]], ["/early_stopping/baseline"]),
    (["stop": [:]], ["/stop"]), (["stop": ["plateau": [:]]], ["/stop/plateau/window_steps"]),
    (
      ["stop": ["plateau": ["window_steps": 0], "divergence": ["factor": 1, "of": 2]]],
      ["/stop/plateau/window_steps", "/stop/divergence/factor", "/stop/divergence/of"]
    ),
    (["stop": ["time": 3]], ["/stop", "/stop/time"]),
    (["schedule": "reduce_on_plateau", "validation": .null], ["/schedule/monitor"]),
    (["schedule": ["type": "reduce_on_plateau", "monitor": "train_los"]], ["/schedule/monitor"]),
    (
      ["schedule": ["type": "reduce_on_plateau", "monitor": "train_loss", "mode": "max"]],
      ["/schedule/mode"]
    ),
    (
      ["schedule": ["type": "reduce_on_plateau", "monitor": "validation_accuracy"]],
      ["/schedule/monitor"]
    ),
    (
      [
        "loss": [
          ["type": "cross_entropy", "weight": ["value": 1, "schedule": "reduce_on_plateau"]]
        ]
      ], ["/loss/0/weight/schedule"]
    ),
  ]

  @Test("rules that can't come to anything are refused where they stand", arguments: bad)
  func refuses(members: JSON, pointers: [String]) throws {
    var object = JSONObject([
      ("epochs", 2), ("loss", "cross_entropy"), ("validation", ["fraction": 0.5]),
    ])
    for (name, value) in members.object?.members ?? [] {
      object[name] = value == .null ? nil : value
    }
    do {
      _ = try TrainingConfiguration(.object(object))
      Issue.record("\(members) was accepted")
    } catch {
      #expect(error.all.map(\.pointer) == pointers, "\(error)")
    }
  }

  @Test("a schedule that doesn't fit the run is refused when its data is known")
  func lengths() throws {
    let data = TrainingData(training: try DigitsTests.dataset())
    let model = try Model(ModelSpec(Self.model))
    for (members, pointers) in [
      (["schedule": ["type": "one_cycle", "cycle_epochs": 2]], []),
      (
        ["schedule": ["type": "one_cycle", "cycle_epochs": 3]], ["/training/schedule/cycle_epochs"]
      ),
      (["schedule": ["expression": "epochs - epoch"]], []),
      (["schedule": ["expression": "epochs - 1 - epoch"]], ["/training/schedule/expression"]),
      (
        [
          "loss": [
            ["type": "cross_entropy", "weight": ["value": 1, "schedule": ["expression": "-step"]]]
          ]
        ], ["/training/loss/0/weight/schedule/expression"]
      ),
    ] as [(JSON, [String])] {
      var object = JSONObject([
        ("epochs", 2), ("loss", "cross_entropy"), ("validation", ["fraction": 0.5]),
      ])
      for (name, value) in members.object?.members ?? [] { object[name] = value }
      let configuration = try TrainingConfiguration(.object(object), pointer: "/training")
      let faults = data.faults(model: model, configuration: configuration)
      #expect(faults.all.map(\.pointer) == pointers, "\(members): \(faults)")
    }
  }
}
