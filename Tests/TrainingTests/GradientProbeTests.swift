import JSON
import NeuralNetworks
import Testing

@testable import Training

/// How gradients turn and vary, against `Fixtures/make_objectives.py`.
@Suite struct GradientProbeTests {
  private func train(
    every: Int, _ members: JSONObject = JSONObject(), resuming: CheckpointState? = nil,
    observer: RecordingObserver = RecordingObserver()
  ) throws -> (Outcome, RecordingObserver) {
    let trainer = try Trainer(
      model: TwoHeads.model(), data: TrainingData(training: TwoHeads.examples()),
      configuration: TwoHeads.configuration(loss: TwoHeads.terms(0.7, 0.3), members),
      observation: ObservationConfiguration(
        histogramsEvery: 0, activationsEvery: 0, termGradientsEvery: 0,
        gradientStatisticsEvery: every),
      initialWeights: resuming == nil ? TwoHeads.weights() : nil, resuming: resuming)
    return (try trainer.run(observer: observer), observer)
  }

  private func check(_ found: [Double], _ expected: [Double], _ bound: Double, _ what: String) {
    #expect(found.count == expected.count && !expected.isEmpty, "\(what)")
    for (step, (found, expected)) in zip(found, expected).enumerated() {
      #expect(
        abs(found - expected) <= bound * max(1, abs(expected)),
        "\(what), \(step): \(found) for \(expected)")
    }
  }

  @Test("cosines with the step before and variances between examples are PyTorch's")
  func reference() throws {
    let (_, observer) = try train(every: 1)
    let expected = try #require(TwoHeads.fixture["statistics"])
    let cosines = TwoHeads.rows(expected["cosines"])
    let variances = TwoHeads.rows(expected["variances"])
    let names = try TwoHeads.model().learnedParameters.map { ".\($0.name)" } + [""]
    #expect(names.count == 11)
    for (index, name) in names.enumerated() {
      #expect(observer.steps(of: "gradient_cosine\(name)") == Array(2...12))
      check(
        observer.values(of: "gradient_cosine\(name)"), cosines.map { $0[index] }, 1e-4,
        "cosine\(name)")
      check(
        observer.values(of: "gradient_variance\(name)"), variances.map { $0[index] }, 1e-4,
        "variance\(name)")
    }
    // The averages of the paper, by hand: the first measurement, then a tenth of each.
    var (variance, square) = (0.0, 0.0)
    let squares = TwoHeads.numbers(expected["squares"])
    let scales = zip(variances, squares).enumerated().map { step, pair in
      let new = pair.0[names.count - 1]
      let share = step == 0 ? 1 : 0.1
      variance += share * (new - variance)
      square += share * (pair.1 - new / 8 - square)
      return square > 0 ? variance / square : .infinity
    }
    let found = observer.values(of: "gradient_noise_scale")
    #expect(found.count == 12)
    for (found, expected) in zip(found, scales) {
      #expect(found == expected || abs(found - expected) <= 1e-3 * expected)
    }
  }

  @Test("probes change no bit of the training")
  func changesNothing() throws {
    let (with, _) = try train(every: 3)
    let (without, heard) = try train(every: 0)
    #expect(with.weights?.bits == without.weights?.bits)
    #expect(heard.values.isEmpty)
  }

  @Test("a run that goes on from before a measured step comes to the same values")
  func resumes() throws {
    let (_, whole) = try train(every: 4, JSONObject([("checkpoint", ["every_steps": 7])]))
    let state = try #require(whole.checkpoints.first { $0.kind == .periodic }?.state)
    #expect(state.step == 7)
    let (_, rest) = try train(
      every: 4, JSONObject([("checkpoint", ["every_steps": 7])]),
      resuming: try CheckpointState(decoding: state.encoded()))
    func told(_ observer: RecordingObserver) -> [String] {
      observer.values.filter { $0.step > 7 }.map { "\($0.name) \($0.step) \($0.value)" }
    }
    #expect(!told(whole).isEmpty)
    #expect(told(rest) == told(whole))
    #expect(rest.steps(of: "gradient_cosine") == [8, 12])
  }

  @Test("running statistics move once a step, whatever is looked at")
  func runningStatistics() throws {
    func weights(every: Int) throws -> Weights? {
      let model = try Model(
        ModelSpec([
          "input": ["shape": [2]],
          "layers": [
            ["type": "dense", "units": 6], ["type": "batch_norm"],
            ["type": "activation", "activation": "relu"], ["type": "dense", "units": 3],
          ],
        ]))
      let trainer = try Trainer(
        model: model, data: TrainingData(training: Spiral.examples(60)),
        configuration: Spiral.configuration(),
        observation: ObservationConfiguration(gradientStatisticsEvery: every))
      return try trainer.run(observer: RecordingObserver()).weights
    }
    #expect(try weights(every: 1)?.bits == weights(every: 0)?.bits)
  }
}
