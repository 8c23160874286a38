import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct TrainingFaultTests {
  @Test("a loss that isn't finite ends the run and names the layer where it began")
  func nonFiniteData() throws {
    var inputs = [Float](repeating: 0.5, count: 40)
    inputs[7] = .nan
    let examples = MemoryExamples(
      inputs: inputs, shape: [2], targets: .classes([Int32](repeating: 1, count: 20), count: 3))
    let trainer = try Trainer(
      model: Spiral.model(), data: TrainingData(training: examples),
      configuration: Spiral.configuration())
    let observer = RecordingObserver()
    let outcome = try trainer.run(observer: observer)
    #expect(outcome.reason == .nonFinite)
    #expect(outcome.failure?.step == 1)
    #expect(outcome.failure?.message.contains("the data") == true)
    #expect(observer.steps == [1])
    #expect(observer.losses.first?.isNaN == true)
    #expect(outcome.weights == nil)
  }

  @Test("a class of one example can't be shared out; with a dataset for validation it needn't be")
  func loneClass() throws {
    let classes = (0..<30).map { Int32($0 == 17 ? 2 : $0 % 2) }
    let examples = MemoryExamples(
      inputs: (0..<60).map { Float($0 % 7) }, shape: [2], targets: .classes(classes, count: 3))
    let model = try Spiral.model()
    let shared = try Spiral.configuration(JSONObject([("validation", ["fraction": 0.2])]))
    let faults = TrainingData(training: examples).faults(model: model, configuration: shared)
    #expect(faults.all.map(\.pointer) == ["/training/validation/fraction"])
    #expect(faults.all.first?.detail.contains("class 2") == true)
    let whole = try Spiral.configuration()
    #expect(
      TrainingData(training: examples).faults(model: model, configuration: whole).isEmpty)
    let named = try Spiral.configuration(hasValidation: true)
    #expect(
      TrainingData(training: examples, validation: examples)
        .faults(model: model, configuration: named).isEmpty)
  }

  @Test("a rate that is far too large ends as diverged, with step and layer named")
  func divergence() throws {
    let examples = MemoryExamples(
      inputs: (0..<64).map { Float($0 % 7) }, shape: [2],
      targets: .numbers((0..<32).map { Float($0 % 5) }, shape: [1]))
    let model = try Model(
      ModelSpec([
        "input": ["shape": [2]],
        "layers": [
          ["type": "dense", "units": 8, "activation": "relu", "name": "first"],
          ["type": "dense", "units": 1, "name": "last"],
        ],
      ]))
    let configuration = try TrainingConfiguration([
      "epochs": 1000, "batch_size": 8, "loss": "mean_squared_error",
      "optimizer": ["type": "sgd", "learning_rate": 10],
    ])
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: model, data: TrainingData(training: examples), configuration: configuration)
    let outcome = try trainer.run(observer: observer)
    #expect(outcome.reason == .diverged)
    let failure = try #require(outcome.failure)
    #expect(failure.layer != nil)
    #expect(failure.message.contains("step \(failure.step)"))
    #expect(observer.steps == Array(1...failure.step))
  }

  @Test("data, model and configuration that don't go together are told with their pointers")
  func mismatches() throws {
    let numbers = MemoryExamples(
      inputs: [1, 2, 3], shape: [3], targets: .numbers([1], shape: [1]))
    let data = TrainingData(training: numbers, test: Spiral.examples(3))
    let faults = try data.faults(
      model: Spiral.model(), configuration: Spiral.configuration(JSONObject([("drop_last", true)])))
    #expect(
      Set(faults.all.map(\.pointer)) == [
        "/dataset/train", "/dataset/test", "/training/loss", "/training/metrics/0",
        "/training/drop_last",
      ])
    let tooFew = try TrainingData(training: Spiral.examples(1)).faults(
      model: Spiral.model(),
      configuration: Spiral.configuration(JSONObject([("validation", ["fraction": 0.5])])))
    #expect(tooFew.all.map(\.pointer) == ["/training/validation/fraction"])
  }
}
