import CAllocationCounter
import Foundation
import JSON
import NeuralNetworks
import Tensors
import Testing

@testable import Training

/// Metrics of a run: over its epochs, in its validations, in its checkpoints, and as what ends it.
@Suite(.serialized) struct MetricTrainingTests {
  private static let ofClasses: JSON = [
    "accuracy", "balanced_accuracy", "top_2_accuracy", "precision_macro", "recall_weighted",
    "f1_macro",
    "roc_auc_macro", "pr_auc_weighted", "log_loss", "brier", "ece", "perplexity",
  ]
  private static let ofNumbers: JSON = ["mse", "rmse", "mae", "mape", "r2"]

  /// Points in the plane whose angle and distance are to be told.
  private static func plane(_ count: Int) -> MemoryExamples {
    var random = Philox(seed: 5, purpose: "plane").generator()
    var (inputs, targets): ([Float], [Float]) = ([], [])
    for _ in 0..<count {
      let (x, y) = (Float(random.uniform()) - 0.5, Float(random.uniform()) - 0.5)
      inputs += [x, y]
      targets += [x * y, 3 * x - y + 1]
    }
    return MemoryExamples(
      inputs: inputs, shape: [2], targets: .numbers(targets, shape: [2]))
  }

  private func run(
    _ members: JSONObject, numbers: Bool, resuming: CheckpointState? = nil
  ) throws -> (Outcome, RecordingObserver) {
    let observer = RecordingObserver()
    let model =
      numbers
      ? try Model(
        ModelSpec([
          "input": ["shape": [2]],
          "layers": [
            ["type": "dense", "units": 8, "activation": "tanh"], ["type": "dense", "units": 2],
          ],
        ])) : try Spiral.model(dropout: 0.2)
    var members = members
    if numbers { members["loss"] = "mse" }
    let trainer = try Trainer(
      model: model,
      data: TrainingData(training: numbers ? Self.plane(150) : Spiral.examples(150)),
      configuration: Spiral.configuration(members), resuming: resuming)
    return (try trainer.run(observer: observer), observer)
  }

  private func bits(_ metrics: [MetricValue]) -> [String] {
    metrics.map { "\($0.name) \($0.value.bitPattern)" }
  }

  @Test(
    "a run that goes on from the middle of an epoch measures the same bits of it",
    arguments: [false, true], [1, 5, 9])
  func resumes(numbers: Bool, at step: Int) throws {
    let settings = JSONObject([
      ("validation", ["fraction": 0.2]), ("checkpoint", ["every_steps": .integer(step)]),
      ("epochs", 3), ("metrics", numbers ? Self.ofNumbers : Self.ofClasses),
      (
        "early_stopping",
        [
          "monitor": .string(numbers ? "validation_r2" : "validation_roc_auc_macro"), "patience": 9,
          "restore_best": true,
        ]
      ),
    ])
    let (whole, heard) = try run(settings, numbers: numbers)
    let state = try #require(heard.checkpoints.first { $0.kind == .periodic }?.state)
    #expect(state.step == step && !state.metrics.isEmpty)
    let stored = try CheckpointState(decoding: state.encoded())
    let (resumed, again) = try run(settings, numbers: numbers, resuming: stored)
    let ends = heard.epochs.filter { $0.step > step }
    #expect(ends.count >= 2 && ends.allSatisfy { !$0.metrics.isEmpty })
    #expect(again.epochs.map { bits($0.figures) } == ends.map { bits($0.figures) })
    #expect(
      again.evaluations.map { bits($0.result.figures) }
        == heard.evaluations.filter { $0.step > step }.map { bits($0.result.figures) })
    #expect(resumed.weights?.bits == whole.weights?.bits)
    #expect(resumed.best?.step == whole.best?.step && resumed.best?.value == whole.best?.value)
    #expect(whole.best?.name == (numbers ? "validation_r2" : "validation_roc_auc_macro"))
  }

  @Test("a checkpoint of a run whose metrics were others is taken up without its counts")
  func otherMetrics() throws {
    let settings = JSONObject([("checkpoint", ["every_steps": 3]), ("epochs", 2)])
    let (_, heard) = try run(settings, numbers: false)
    let state = try #require(heard.checkpoints.first { $0.kind == .periodic }?.state)
    var others = settings
    others["metrics"] = Self.ofClasses
    let (resumed, again) = try run(others, numbers: false, resuming: state)
    #expect(resumed.reason == .completed && again.epochs.last?.metrics.isEmpty == false)
  }

  @Test("over an epoch in which nothing is learned they are those of an evaluation")
  func sameAsEvaluation() throws {
    for numbers in [false, true] {
      let examples = numbers ? Self.plane(60) : Spiral.examples(60)
      let model = try Model(
        ModelSpec([
          "input": ["shape": [2]], "layers": [["type": "dense", "units": numbers ? 2 : 3]],
        ]))
      let configuration = try Spiral.configuration(
        JSONObject([
          ("epochs", 1), ("batch_size", 7), ("loss", numbers ? "mse" : "cross_entropy"),
          ("optimizer", ["type": "sgd", "learning_rate": 1e-14]),
          ("metrics", numbers ? Self.ofNumbers : Self.ofClasses),
        ]))
      let observer = RecordingObserver()
      let outcome = try Trainer(
        model: model, data: TrainingData(training: examples, validation: examples),
        configuration: configuration
      ).run(observer: observer)
      let validation = try #require(outcome.validation)
      let epoch = try #require(observer.epochs.first)
      #expect(epoch.figures.map(\.name) == validation.figures.map(\.name))
      for (trained, held) in zip(epoch.figures, validation.figures) {
        // Another order of the sums; areas are of bins in training.
        let isArea = trained.name.contains("auc")
        #expect(
          abs(trained.value - held.value) <= (isArea ? 0.02 : 1e-6) * max(1, abs(held.value)),
          "\(trained.name): \(trained.value), \(held.value)")
      }
    }
  }

  @Test(
    "a step with all metrics allocates nothing", .enabled(if: allocation_is_counted() != 0),
    arguments: [false, true])
  func stepsAllocateNothing(numbers: Bool) throws {
    let model = try Model(
      ModelSpec([
        "input": ["shape": [2]], "layers": [["type": "dense", "units": numbers ? 2 : 3]],
      ]))
    let trainer = try Trainer(
      model: model,
      data: TrainingData(training: numbers ? Self.plane(800) : Spiral.examples(800)),
      configuration: Spiral.configuration(
        JSONObject([
          ("batch_size", 8), ("loss", numbers ? "mse" : "cross_entropy"),
          ("metrics", numbers ? Self.ofNumbers : Self.ofClasses),
        ])),
      observation: ObservationConfiguration(histogramsEvery: 0, activationsEvery: 0))
    let observer = RecordingObserver()
    trainer.begin()
    trainer.lastFlush = .infinity
    for _ in 0..<3 { _ = try trainer.takeStep(observer) }
    let before = allocation_count()
    for _ in 0..<20 { _ = try trainer.takeStep(observer) }
    #expect(allocation_count() == before)
  }

  @Test("the number of threads changes no bit of a metric")
  func threads() throws {
    var found: [[String]] = []
    for threads in [1, 3] {
      let (_, heard) = try run(
        JSONObject([
          ("threads", .integer(threads)), ("validation", ["fraction": 0.3]),
          ("metrics", Self.ofClasses),
        ]), numbers: false)
      found.append(
        heard.epochs.flatMap { bits($0.figures) }
          + heard.evaluations.flatMap { bits($0.result.figures) })
    }
    #expect(found[0] == found[1] && !found[0].isEmpty)
  }

  @Test("the test after restore_best says of which weights it was")
  func weightsStep() throws {
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: Spiral.model(),
      data: TrainingData(
        training: Spiral.examples(90), validation: Spiral.examples(30, seed: 8),
        test: Spiral.examples(30, seed: 9)),
      configuration: Spiral.configuration(
        JSONObject([
          ("epochs", 30), ("optimizer", ["type": "adam", "learning_rate": 0.3]),
          ("metrics", ["f1_macro"]),
          (
            "early_stopping",
            ["monitor": "validation_f1_macro", "patience": 3, "restore_best": true]
          ),
        ]), hasValidation: true))
    let outcome = try trainer.run(observer: observer)
    let test = try #require(observer.evaluations.last)
    #expect(test.part == .test && test.weightsStep == outcome.best?.step)
    let best = try #require(observer.evaluations.last { $0.isBest })
    #expect(best.weightsStep == best.step && best.step == outcome.best?.step)
    let largest = observer.evaluations.filter { $0.part == .validation }
      .compactMap { $0.result.value(of: "f1_macro") }.max()
    #expect(outcome.best?.value == largest)
  }

  // MARK: - Faults

  private func faults(
    _ metrics: JSON, loss: JSON = "cross_entropy", units: Int, targets: MemoryExamples.Targets
  ) throws -> [Fault] {
    let model = try Model(
      ModelSpec(["input": ["shape": [1]], "layers": [["type": "dense", "units": .integer(units)]]]))
    let configuration = try TrainingConfiguration(
      ["loss": loss, "epochs": 1, "metrics": metrics], pointer: "/training")
    return TrainingData(
      training: MemoryExamples(inputs: [0, 1, 2, 3], shape: [1], targets: targets)
    ).faults(model: model, configuration: configuration).all
  }

  @Test("a metric that doesn't suit the target is a fault that names those that do")
  func unsuited() throws {
    let numbers = MemoryExamples.Targets.numbers([0, 1, 2, 3, 4, 5, 6, 7], shape: [2])
    let vector = try faults(["mse", "r2", "roc_auc"], loss: "mse", units: 2, targets: numbers)
    #expect(vector.map(\.pointer) == ["/training/metrics/2"])
    #expect(
      vector.first?.detail
        == "roc_auc needs classes; the dataset's target is numbers of shape [2]; mse, rmse, mae, mape, r2 suit it"
    )
    let classes = MemoryExamples.Targets.classes([0, 1, 2, 0], count: 3)
    let three = try faults(
      ["f1", "mae", "top_3_accuracy", "top_2_accuracy"], units: 3, targets: classes)
    #expect(three.map(\.pointer) == [0, 1, 2].map { "/training/metrics/\($0)" })
    #expect(three[0].detail.hasSuffix("f1_macro, f1_micro, f1_weighted suit it"), "\(three[0])")
    #expect(three[1].detail.contains("needs numbers; the dataset's target is one of 3 classes"))
    #expect(three[2].detail.contains("k must be smaller"))
    let scores = try faults(
      ["log_loss", "roc_auc"], loss: "hinge", units: 1, targets: .classes([0, 1, 1, 0], count: 2))
    #expect(scores.map(\.pointer) == ["/training/metrics/0"])
    #expect(scores.first?.detail.contains("needs probabilities") == true)
    let quantiles = try faults(
      ["mae"], loss: ["type": "quantile", "quantile": [0.1, 0.9]], units: 2,
      targets: .numbers([0, 1, 2, 3], shape: [1]))
    #expect(quantiles.map(\.pointer) == ["/training/metrics/0"], "\(quantiles)")
    let many = try faults(
      ["roc_auc_macro", "confusion_matrix", "accuracy"], units: 300,
      targets: .classes([0, 1, 2, 299], count: 300))
    #expect(many.map(\.pointer) == ["/training/metrics/0", "/training/metrics/1"], "\(many)")
  }

  static let bad: [(String, [String])] = [
    (#"["f2"]"#, ["/training/metrics/0"]),
    (#"["f1", "f1"]"#, ["/training/metrics/1"]),
    (#"["f1_macro", {"type": "f1", "average": "macro"}]"#, ["/training/metrics/1"]),
    (
      #"[{"type": "f1", "average": "mean"}, {"type": "ece", "bin": 3}]"#,
      ["/training/metrics/0/average", "/training/metrics/1/bin"]
    ),
    (
      #"["top_0_accuracy", "top_1001_accuracy", "top__accuracy"]"#,
      ["/training/metrics/0", "/training/metrics/1", "/training/metrics/2"]
    ),
    (
      #"[{"type": "ece", "bins": 0}, 7, {"bins": 3}]"#,
      ["/training/metrics/0/bins", "/training/metrics/1", "/training/metrics/2/type"]
    ),
    (#""accuracy""#, ["/training/metrics"]),
  ]

  @Test("every fault of a list of metrics is found", arguments: bad)
  func badLists(list: String, pointers: [String]) throws {
    let json = try JSON(parsing: #"{"epochs": 1, "loss": "cross_entropy", "metrics": \#(list)}"#)
    let error = #expect(throws: Faults.self) {
      try TrainingConfiguration(json, pointer: "/training")
    }
    #expect(error?.all.map(\.pointer) == pointers, "\(String(describing: error))")
  }

  static let monitors: [(String, String?, String?)] = [
    ("validation_f1_macro", nil, nil), ("train_log_loss", "min", nil),
    ("validation_mse", nil, "not measured; add \"mse\""),
    ("validation_f1_macro", "min", "would stop while"),
    ("train_log_loss", "max", "would stop while"),
    ("validation_roc_curve", nil, "no number"),
    ("validation_f1_makro", nil, "unknown (did you mean"),
    ("test_f1_macro", nil, "unknown"), ("validation_f1_macro.kind", nil, "there is one loss"),
    ("train_top_7_accuracy", nil, "add \"top_7_accuracy\""),
  ]

  @Test("a monitor is a metric that is measured, in its own direction", arguments: monitors)
  func monitor(name: String, mode: String?, fault: String?) throws {
    var stopping = JSONObject([("monitor", .string(name)), ("patience", 2)])
    stopping["mode"] = mode.map(JSON.string)
    let json: JSON = [
      "epochs": 1, "loss": "cross_entropy", "validation": ["fraction": 0.2],
      "metrics": ["f1_macro", "log_loss", "roc_curve"], "early_stopping": .object(stopping),
    ]
    guard let fault else {
      let configuration = try TrainingConfiguration(json)
      #expect(configuration.earlyStopping?.monitor == name)
      #expect(configuration.earlyStopping?.mode == (name.contains("loss") ? .minimum : .maximum))
      return
    }
    let error = #expect(throws: Faults.self) { try TrainingConfiguration(json) }
    #expect(error?.all.count == 1)
    #expect(error?.description.contains(fault) == true, "\(String(describing: error))")
  }

  @Test("each term has the metrics that suit it")
  func terms() throws {
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: TwoHeads.model(),
      data: TrainingData(training: TwoHeads.examples(), validation: TwoHeads.examples()),
      configuration: TwoHeads.configuration(
        loss: TwoHeads.terms(),
        JSONObject([
          ("metrics", ["accuracy", "f1_macro", "mae", "roc_curve"]),
          ("early_stopping", ["monitor": "validation_mae.size", "patience": 50]),
        ]), hasValidation: true))
    _ = try trainer.run(observer: observer)
    let result = try #require(observer.evaluations.last?.result)
    #expect(result.figures.isEmpty)
    #expect(result.terms.map { $0.figures.map(\.name) } == [["accuracy", "f1_macro"], ["mae"]])
    #expect(result.details.map(\.term) == ["kind"])
    #expect(
      observer.epochs.last?.terms.map { $0.figures.map(\.name) } == [
        ["accuracy", "f1_macro"], ["mae"],
      ])
  }

  @Test(
    "an area of binned scores is as near to that of all scores as it says",
    arguments: [true, false])
  func bins(areProbabilities: Bool) throws {
    var random = Philox(seed: 21, purpose: "scores").generator()
    let exact = ScoreTally(
      classes: 2, isSingle: true, areProbabilities: areProbabilities, rows: 3_000)
    let binned = ScoreTally(
      classes: 2, isSingle: true, areProbabilities: areProbabilities, rows: nil)
    for row in 0..<3_000 {
      let target = row % 3 == 0 ? 1 : 0
      let logit = 4 * (random.uniform() + random.uniform() - 1) + Double(target)
      var score = Float(logit)
      let yes = 1 / (1 + exp(-3 * logit))
      var probabilities = [1 - yes, yes]
      withUnsafePointer(to: &score) { outputs in
        probabilities.withUnsafeMutableBufferPointer { both in
          let row = MetricRow(
            outputs: outputs, width: 1, target: target, answer: logit > 0 ? 1 : 0,
            probabilities: areProbabilities ? both.baseAddress.map { UnsafePointer($0) } : nil,
            sum: 1)
          exact.add(row)
          binned.add(row)
        }
      }
    }
    #expect(exact.isExact && !binned.isExact)
    for index in 0..<2 {
      let (all, some) = (
        try #require(exact.ranking(of: index)), try #require(binned.ranking(of: index))
      )
      let (area, estimate) = (try #require(all.rocArea), try #require(some.rocArea))
      #expect(abs(area - estimate) <= some.rocAreaBound && some.rocAreaBound < 0.002)
      #expect(
        all.totalPositives == some.totalPositives && all.totalNegatives == some.totalNegatives)
      #expect(zip(some.thresholds, some.thresholds.dropFirst()).allSatisfy { $0 > $1 })
    }
  }

  @Test("what stands behind the figures reads back, and a longer curve keeps its ends")
  func details() throws {
    let (_, heard) = try run(
      JSONObject([
        ("validation", ["fraction": 0.3]), ("epochs", 1),
        ("metrics", ["f1_macro", "roc_auc_macro", "ece"]),
      ]), numbers: false)
    let details = try #require(heard.evaluations.first?.result.details.first)
    #expect(details.ranked.count == 3 && details.calibration.count == 4 && details.confusion != nil)
    let text = "\(details.json)"
    #expect(try EvaluationDetails(JSON(parsing: text), term: "") == details)
    let curve = details.ranked[0]
    let thin = curve.thinned(to: 5)
    #expect(thin.points.count <= 5 && thin.points.first == curve.points.first)
    #expect(thin.points.last == curve.points.last && thin.count == curve.points.count)
    #expect(Set(thin.points).isSubset(of: Set(curve.points)))
  }
}
