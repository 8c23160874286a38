import JSON
import NeuralNetworks
import Tensors
import Testing

@testable import Training

@Suite struct ObjectiveTests {
  static let losses = ObjectiveReferenceTests.losses.map(\.1)

  private func train(
    _ loss: JSON, _ members: JSONObject = JSONObject(), threads: Int = 1, observes: Bool = false,
    resuming: CheckpointState? = nil, observer: RecordingObserver = RecordingObserver()
  ) throws -> Outcome {
    var members = members
    members["threads"] = .integer(threads)
    let every = observes ? 1 : 0
    let trainer = try Trainer(
      model: TwoHeads.model(), data: TrainingData(training: TwoHeads.examples()),
      configuration: TwoHeads.configuration(loss: loss, members),
      observation: ObservationConfiguration(
        histogramsEvery: every, activationsEvery: every, termGradientsEvery: every),
      resuming: resuming)
    return try trainer.run(observer: observer)
  }

  @Test("a run that was interrupted ends in the bits of one that wasn't", arguments: losses)
  func resuming(loss: JSON) throws {
    let observer = RecordingObserver()
    let members = JSONObject([
      ("checkpoint", ["every_steps": 5]), ("batch_size", 3), ("shuffle", true),
    ])
    let whole = try train(loss, members, observer: observer)
    let record = try #require(observer.checkpoints.first { $0.kind == .periodic })
    let state = try CheckpointState(decoding: #require(record.state).encoded())
    #expect(state.step == 5)
    let resumed = try train(loss, members, resuming: state)
    #expect(resumed.weights?.bits == whole.weights?.bits)
    let last = try (#require(whole.state), #require(resumed.state))
    #expect(last.0.optimizer.map(\.name) == last.1.optimizer.map(\.name))
    #expect(Weights(last.0.optimizer).bits == Weights(last.1.optimizer).bits)
    #expect(last.0.progress.epochTerms == last.1.progress.epochTerms)
  }

  @Test("watching the terms and the number of threads change no bit", arguments: losses)
  func watching(loss: JSON) throws {
    let plain = try train(loss)
    let watched = try train(loss, observes: true)
    let spread = try train(loss, threads: 2)
    #expect(plain.weights?.bits == watched.weights?.bits)
    #expect(plain.weights?.bits == spread.weights?.bits)
  }

  @Test("a state of other terms is refused")
  func otherState() throws {
    let state = try #require(try train(["terms": TwoHeads.terms(), "balance": "gradnorm"]).state)
    let loss: JSON = ["terms": TwoHeads.terms(), "balance": "uncertainty"]
    #expect(throws: TrainingError.self) { try train(loss, resuming: state) }
  }

  @Test("each term has its loss and, where there are classes, its accuracy")
  func measures() throws {
    let observer = RecordingObserver()
    let data = TwoHeads.examples()
    let trainer = try Trainer(
      model: TwoHeads.model(), data: TrainingData(training: data, validation: data),
      configuration: TwoHeads.configuration(
        loss: TwoHeads.terms(0.7, 0.3),
        JSONObject([
          ("steps", .null), ("epochs", 200), ("metrics", ["accuracy"]),
          ("early_stopping", ["monitor": "validation_accuracy.kind", "patience": 150]),
        ]), hasValidation: true))
    let outcome = try trainer.run(observer: observer)
    let last = try #require(observer.evaluations.last?.result)
    #expect(last.terms.map(\.name) == ["kind", "size"])
    #expect(last.accuracy == nil)
    #expect(last.terms[0].accuracy == 1)
    #expect(last.terms[1].accuracy == nil)
    #expect(abs(last.loss - 0.7 * last.terms[0].loss - 0.3 * last.terms[1].loss) < 1e-6)
    #expect(outcome.best?.name == "validation_accuracy.kind")
    #expect(outcome.best?.value == 1)
    let epoch = try #require(observer.epochs.first)
    // One batch an epoch: its means are the batch's.
    #expect(abs(epoch.terms[1].loss - observer.blocks[0].termLosses[1]) < 1e-12)
    // An evaluation by itself is that of the run's end.
    let alone = try Evaluation.result(
      model: TwoHeads.model(), weights: #require(outcome.weights),
      losses: TwoHeads.configuration(loss: TwoHeads.terms(0.7, 0.3)).losses, examples: data)
    #expect(abs(alone.loss - last.loss) < 1e-6)
  }

  @Test("predictions answer each output, with probabilities where its loss makes them")
  func predictions() throws {
    let losses = try TwoHeads.configuration(loss: TwoHeads.terms()).losses
    let model = try TwoHeads.model()
    let prediction = try Prediction(
      model: model, weights: TwoHeads.weights(), losses: losses.byOutput(of: model))
    let inputs = [
      TwoHeads.numbers(TwoHeads.fixture["a"]).map { Float($0) },
      TwoHeads.numbers(TwoHeads.fixture["b"]).map { Float($0) },
    ]
    let whole = try prediction.run(inputs)
    #expect(whole.map(\.outputs.shape) == [[8, 3], [8, 2]])
    let sums = try #require(whole[0].probabilities).elements(of: Float.self)
    #expect(abs(sums.reduce(0, +) - 8) < 1e-5)
    #expect(whole[1].probabilities == nil)
    let parts = try prediction.run(inputs, batchSize: 3)
    #expect(
      zip(whole, parts).allSatisfy {
        zip($0.outputs.elements(of: Float.self), $1.outputs.elements(of: Float.self))
          .allSatisfy { abs($0 - $1) < 1e-6 }
      })
    #expect(throws: TrainingError.self) { try prediction.run([inputs[0], [1, 2, 3]]) }
  }

  @Test("the sum's derivatives are those of central differences")
  func gradientCheck() throws {
    let losses = try TwoHeads.configuration(loss: TwoHeads.terms(0.7, 2)).losses
    for examples in [nil, TwoHeads.examples()] {
      let report = try #require(
        try ModelGradientCheck(
          model: TwoHeads.model(), configuration: GradientCheckConfiguration(losses: losses),
          examples: examples
        ).run())
      #expect(report.passed)
      #expect(report.parameters.count == 10)
    }
  }
}
