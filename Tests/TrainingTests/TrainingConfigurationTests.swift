import JSON
import Optimizers
import Testing

@testable import Training

@Suite struct TrainingConfigurationTests {
  /// The `training` object of the API's own example.
  static let example = """
    {
      "epochs": 5, "batch_size": 64, "seed": 7, "shuffle": true,
      "loss": "cross_entropy",
      "optimizer": { "type": "adam", "learning_rate": 0.001, "weight_decay": 0.0 },
      "schedule": { "type": "cosine", "warmup_steps": 100 },
      "clip": { "norm": 1.0 },
      "validation": { "fraction": 0.1 },
      "metrics": ["accuracy"],
      "early_stopping": { "monitor": "validation_loss", "patience": 3, "restore_best": true },
      "checkpoint": { "every_steps": 500, "keep": 3 },
      "threads": 1
    }
    """

  @Test("the example of the API is read whole")
  func example() throws {
    let configuration = try TrainingConfiguration(JSON(parsing: Self.example))
    #expect(configuration.duration == .epochs(5))
    #expect(configuration.batchSize == 64)
    #expect(configuration.seed == 7)
    #expect(configuration.shuffle)
    #expect(!configuration.dropLast)
    #expect(configuration.clip == .norm(1))
    #expect(configuration.validationFraction == 0.1)
    #expect(configuration.metrics.map(\.name) == ["accuracy"])
    #expect(
      configuration.earlyStopping
        == EarlyStopping(
          monitor: "validation_loss", mode: .minimum, patience: 3, restoreBest: true))
    #expect(configuration.checkpoint.everySteps == 500)
    #expect(configuration.checkpoint.keep == 3)
    #expect(configuration.checkpoint.everySeconds == 30)
    #expect(configuration.schedule.factor(step: 1, total: 1000) == 1.0 / 101)
  }

  @Test("what is left out has its default")
  func defaults() throws {
    let configuration = try TrainingConfiguration(["steps": 10, "loss": "mean_squared_error"])
    #expect(configuration.duration == .steps(10))
    #expect(configuration.batchSize == 32)
    #expect(configuration.seed == 0)
    #expect(configuration.shuffle)
    #expect(configuration.clip == nil)
    #expect(configuration.earlyStopping == nil)
    #expect(configuration.checkpoint.everySteps == nil)
    #expect(configuration.threads == 1)
  }

  static let bad: [(String, [String])] = [
    (#"{"loss": "cross_entropy"}"#, ["/training/epochs"]),
    (#"{"epochs": 1}"#, ["/training/loss"]),
    (#"{"epochs": 1, "steps": 2, "loss": "cross_entropy"}"#, ["/training/steps"]),
    (#"{"epochs": 0, "loss": "cross_entropi"}"#, ["/training/epochs", "/training/loss"]),
    (
      #"{"epochs": 1, "loss": "cross_entropy", "learning_rat": 1, "metrics": ["accuracy", "f2"]}"#,
      ["/training/metrics/1", "/training/learning_rat"]
    ),
    (
      #"{"epochs": 1, "loss": "cross_entropy", "early_stopping": {"patience": 3}}"#,
      ["/training/early_stopping/patience"]
    ),
    (
      #"{"epochs": 1, "loss": "cross_entropy", "early_stopping": {"monitor": "train_accuracy"}}"#,
      ["/training/early_stopping/patience", "/training/early_stopping/monitor"]
    ),
    (
      #"{"epochs": 1, "loss": "cross_entropy", "early_stopping": {"monitor": "loss", "patience": 1}}"#,
      ["/training/early_stopping/monitor"]
    ),
    (
      #"{"epochs": 1, "loss": "cross_entropy", "early_stopping": {"monitor": "train_loss", "patience": 1, "mode": "max"}}"#,
      ["/training/early_stopping/mode"]
    ),
    (
      #"{"epochs": 1, "loss": "cross_entropy", "validation": {}}"#,
      ["/training/validation/fraction"]
    ),
    (
      #"{"epochs": 1, "loss": "cross_entropy", "validation": {"fraction": 1}}"#,
      ["/training/validation/fraction"]
    ),
    (
      #"{"epochs": 1, "loss": "cross_entropy", "checkpoint": {"keep": 3}}"#,
      ["/training/checkpoint/every_steps"]
    ),
    (
      #"{"epochs": 1, "loss": "cross_entropy", "optimizer": {"type": "adam", "learning_rate": -1}}"#,
      ["/training/optimizer/learning_rate"]
    ),
    (
      #"{"epochs": 1, "loss": "cross_entropy", "clip": {"norm": 1, "value": 1}}"#,
      ["/training/clip/value"]
    ),
    (#"{"epochs": 1, "loss": "cross_entropy", "threads": 0}"#, ["/training/threads"]),
    (
      #"{"epochs": 1, "loss": "cross_entropy", "memory": {"recompute": "block", "budget": 1}}"#,
      ["/training/memory/recompute", "/training/memory/budget"]
    ),
    (
      #"{"epochs": 1, "loss": "cross_entropy", "memory": {"budget_bytes": 0}}"#,
      ["/training/memory/budget_bytes"]
    ),
    (#"[]"#, ["/training", "/training/epochs", "/training/loss"]),
  ]

  @Test("each contradiction and misspelling has its pointer", arguments: bad)
  func faults(text: String, pointers: [String]) throws {
    let json = try JSON(parsing: text)
    do {
      _ = try TrainingConfiguration(json, pointer: "/training")
      Issue.record("accepted: \(text)")
    } catch {
      #expect(error.all.map(\.pointer) == pointers, "\(error)")
    }
  }

  @Test("a validation dataset lets early stopping watch it, and contradicts a fraction")
  func validationDataset() throws {
    let watching: JSON = [
      "epochs": 1, "loss": "cross_entropy", "early_stopping": ["patience": 2],
    ]
    let configuration = try TrainingConfiguration(watching, hasValidationDataset: true)
    #expect(configuration.earlyStopping?.monitor == "validation_loss")
    let both: JSON = ["epochs": 1, "loss": "cross_entropy", "validation": ["fraction": 0.5]]
    #expect(throws: Faults.self) {
      try TrainingConfiguration(both, hasValidationDataset: true)
    }
  }

  @Test("the observe object of the API is read, and its misspellings are faults")
  func observation() throws {
    let observe = try ObservationConfiguration([
      "gradient_norms_every": 1, "histograms_every": 20, "activations_every": 0,
    ])
    #expect(observe.histogramsEvery == 20)
    #expect(observe.activationsEvery == 0)
    #expect(throws: Faults.self) { try ObservationConfiguration(["histograms_evry": 1]) }
    #expect(throws: Faults.self) { try ObservationConfiguration(["histograms_every": -1]) }
    #expect([1, 20, 40] == (1...40).filter { ObservationConfiguration.isDue($0, every: 20) })
    #expect(!ObservationConfiguration.isDue(1, every: 0))
  }
}
