import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct RangeTestTests {
  private func configuration(
    _ range: JSON = [:], _ members: JSONObject = JSONObject()
  ) throws -> TrainingConfiguration {
    var object = JSONObject([
      ("batch_size", 32), ("seed", 5), ("loss", "cross_entropy"), ("optimizer", "sgd"),
    ])
    for (name, value) in members.members { object[name] = value }
    return try TrainingConfiguration(
      .object(object), pointer: "/training", rangeTest: LearningRateRange(range))
  }

  private func run(
    _ configuration: TrainingConfiguration, model: Model? = nil, resuming: CheckpointState? = nil,
    until: Int? = nil
  ) throws -> (Outcome, RecordingObserver) {
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: model ?? DigitsTests.model(),
      data: TrainingData(training: DigitsTests.dataset()), configuration: configuration,
      observation: .none, resuming: resuming, lastStep: until)
    return (try trainer.run(observer: observer), observer)
  }

  @Test("on real digits the rate grows as asked, the loss diverges, and that ends the test well")
  func digits() throws {
    let (outcome, observer) = try run(configuration())
    #expect(outcome.reason == .earlyStopped && outcome.failure == nil)
    #expect(outcome.step > 50 && outcome.step < 100)
    let rates = observer.blocks.flatMap(\.learningRates)
    for (index, rate) in rates.enumerated() {
      let wanted = 1e-7 * pow(1e8, Double(index) / 99)
      #expect(abs(rate - wanted) <= 1e-12 * wanted)
    }
    // A loop of one's own over what was recorded ends at the same step.
    var (mean, best, end) = (0.0, Double.infinity, 0)
    for (index, loss) in observer.losses.enumerated() {
      mean = 0.98 * mean + 0.02 * loss
      let smoothed = mean / (1 - pow(0.98, Double(index + 1)))
      best = min(best, smoothed)
      if !(smoothed <= 4 * best) {
        end = index + 1
        break
      }
    }
    #expect(end == outcome.step)
    #expect(observer.logs.last?.message.contains("above 4.0 times its smallest") == true)
    // Nothing is validated, no weights are best, and those that are left are the first ones.
    #expect(observer.evaluations.isEmpty && outcome.best == nil)
    let initial = try #require(observer.checkpoints.first { $0.kind == .initial })
    #expect(outcome.weights?.bits == initial.weights.bits)
    #expect(observer.checkpoints.allSatisfy { $0.kind != .best })
    // A rate that the rules suggest does train.
    let curve = LearningRateCurve(try LearningRateRange([:]), losses: observer.losses)
    let rate = try #require(curve.suggestions.first?.rate)
    let trained = try Trainer(
      model: DigitsTests.model(), data: TrainingData(training: DigitsTests.dataset()),
      configuration: TrainingConfiguration([
        "epochs": 3, "batch_size": 32, "seed": 5, "loss": "cross_entropy",
        "optimizer": ["type": "sgd", "learning_rate": .number(rate)],
        "validation": ["fraction": 0.2], "metrics": ["accuracy"],
      ]), observation: .none
    ).run(observer: RecordingObserver())
    #expect(trained.validation?.accuracy ?? 0 > 0.85, "at \(rate)")
  }

  @Test("a test that is interrupted anywhere ends with the same losses, at the same step")
  func resumes() throws {
    let configuration = try configuration()
    let (whole, heard) = try run(configuration)
    for step in [1, 40, whole.step - 1, whole.step] {
      let (first, before) = try run(configuration, until: step)
      let state = try CheckpointState(decoding: #require(first.state).encoded())
      let (second, after) = try run(configuration, resuming: state)
      #expect(before.losses + after.losses == heard.losses, "at step \(step)")
      #expect(second.step == whole.step && second.reason == whole.reason)
      #expect(second.weights?.bits == whole.weights?.bits)
      #expect(second.state?.progress.smoothing == whole.state?.progress.smoothing)
    }
  }

  @Test("a loss that is no number ends the test, and is no failure")
  func notFinite() throws {
    let (outcome, observer) = try run(
      configuration(["min": 1e-3, "max": 1e6, "steps": 60, "stop_on_divergence": false]),
      model: Model(ModelSpec(StoppingTests.linear)))
    #expect(outcome.reason == .earlyStopped && outcome.failure == nil)
    #expect(outcome.step < 60)
    #expect(observer.losses.last?.isFinite == false)
    #expect(observer.logs.allSatisfy { $0.level != .error })
    #expect(outcome.weights?.tensors.isEmpty == false)
  }

  @Test("without a divergence the test takes all its steps, in equal differences if asked")
  func linear() throws {
    let (outcome, observer) = try run(
      configuration(["min": 1e-4, "max": 0.01, "steps": 30, "growth": "linear"]))
    #expect(outcome.reason == .completed && outcome.step == 30)
    let rates = observer.blocks.flatMap(\.learningRates)
    #expect(rates.count == 30 && rates[0] == 1e-4 && rates[29] == 0.01)
    for index in 1..<30 { #expect(abs(rates[index] - rates[index - 1] - 0.0099 / 29) < 1e-15) }
  }

  @Test("what contradicts the test is refused, all of it")
  func contradictions() throws {
    do {
      _ = try configuration(
        [:],
        JSONObject([
          ("epochs", 3), ("steps", 4), ("schedule", "cosine"), ("validation", ["fraction": 0.1]),
          ("early_stopping", ["patience": 3]), ("stop", ["plateau": ["window_steps": 3]]),
        ]))
      Issue.record("accepted")
    } catch let faults as Faults {
      #expect(
        faults.all.map(\.pointer) == [
          "/training/epochs", "/training/steps", "/training/schedule", "/training/validation",
          "/training/early_stopping", "/training/stop",
        ])
      #expect(faults.all.allSatisfy { $0.detail.contains("leave it out") })
    }
  }
}
