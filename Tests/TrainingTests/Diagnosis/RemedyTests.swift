import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

/// Runs that do something about what the rules find.
@Suite struct RemedyTests {
  /// A linear model with a rate beyond what its curvature allows: left alone, its error grows by a factor a step.
  private func train(
    _ remedies: [String: Remedy], steps: Int = 300, rate: Double = 0.4,
    resuming: CheckpointState? = nil, observer: RecordingObserver = RecordingObserver()
  ) throws -> (Outcome, RecordingObserver) {
    let inputs: [Float] = (0..<60).map { Float($0 % 7) - 3 }
    var observation = ObservationConfiguration(
      histogramsEvery: 0, activationsEvery: 0, gradientStatisticsEvery: 0)
    observation.onFinding = remedies
    let trainer = try Trainer(
      model: Model(
        ModelSpec(["input": ["shape": [1]], "layers": [["type": "dense", "units": 1]]])),
      data: TrainingData(
        training: MemoryExamples(
          inputs: inputs, shape: [1], targets: .numbers(inputs.map { 2 * $0 + 1 }, shape: [1]))),
      configuration: TrainingConfiguration([
        "steps": .integer(steps), "batch_size": 20, "seed": 3, "loss": "mean_squared_error",
        "optimizer": ["type": "sgd", "learning_rate": .number(rate)],
        "checkpoint": ["every_steps": 47],
      ]),
      observation: observation, resuming: resuming)
    return (try trainer.run(observer: observer), observer)
  }

  @Test("left alone the run fails")
  func alone() throws { #expect(try train([:]).0.failure != nil) }

  @Test("half the rate, and again, until it converges", arguments: [Remedy.halveRate, .rollback])
  func recovers(remedy: Remedy) throws {
    let (outcome, heard) = try train(["exploding_gradient": remedy])
    #expect(outcome.reason == .completed)
    #expect(heard.losses.last ?? 9 < 1e-3)
    let rates = heard.blocks.flatMap(\.learningRates)
    #expect(rates.first == 0.4)
    #expect(rates.last ?? 9 <= 0.2)
    let told = heard.logs.map(\.message)
    #expect(
      told.contains { $0.hasPrefix("exploding_gradient at step") && $0.contains(remedy.rawValue) })
    #expect(told.contains { $0.contains("after the remedy the gradient norm is") })
    // Every step is there once, also those behind a rollback.
    #expect(heard.steps == Array(1...300))
  }

  @Test("a bound on the gradients")
  func clips() throws {
    let (outcome, heard) = try train(["exploding_gradient": .clip])
    #expect(outcome.reason == .completed)
    let clipped = heard.blocks.flatMap(\.clippedGradients).map(\.norm)
    #expect(clipped.count == heard.gradients.count)
    #expect((clipped.last ?? .infinity) < (heard.gradients.map(\.norm).max() ?? 0) / 2)
  }

  @Test("stop and pause end the run with its weights")
  func ends() throws {
    let (stopped, _) = try train(["exploding_gradient": .stop])
    #expect(stopped.reason == .stopped)
    #expect(stopped.weights != nil)
    let (paused, _) = try train(["exploding_gradient": .pause])
    #expect(paused.reason == .paused)
    #expect(paused.step == stopped.step)
  }

  @Test("numbers that aren't finite: back to the last healthy look, at half the rate")
  func rollsBackFromNaN() throws {
    let (outcome, heard) = try train(["non_finite_origin": .rollback], rate: 40)
    // Nothing is healthy before the first look, so that there is nothing to go back to.
    #expect(outcome.failure != nil || heard.logs.contains { $0.message.contains("rollback") })
    let (second, told) = try train(["non_finite_origin": .rollback], steps: 400, rate: 0.7)
    #expect(second.reason == .completed, "\(String(describing: second.failure))")
    #expect(told.logs.contains { $0.message.contains("the weights are those of step") })
    #expect(told.losses.last ?? 9 < 1)
  }

  @Test("a run that goes on does the same as one that wasn't interrupted", arguments: [1, 2, 3])
  func resumes(place: Int) throws {
    let (whole, heard) = try train(["exploding_gradient": .rollback])
    let states = heard.checkpoints.filter { $0.kind == .periodic }.compactMap(\.state)
    let state = try CheckpointState(decoding: states[place - 1].encoded())
    let (rest, second) = try train(["exploding_gradient": .rollback], resuming: state)
    #expect(rest.weights?.bits == whole.weights?.bits)
    #expect(second.losses == Array(heard.losses.dropFirst(state.step)))
  }

  @Test("a rule or remedy that isn't one is told with those that are")
  func faults() throws {
    func fault(_ remedies: JSON) -> String {
      do {
        _ = try ObservationConfiguration(["on_finding": remedies], pointer: "/observe")
        return ""
      } catch { return "\(error)" }
    }
    #expect(fault(["exploding_gradients": "stop"]).contains("exploding_gradient"))
    #expect(fault(["exploding_gradient": "repair"]).contains("rollback"))
    #expect(fault(["non_finite_origin": "clip"]).contains("rollback"))
    #expect(fault(["overfit": "stop", "exploding_gradient": "lower_rate"]).isEmpty)
  }
}
