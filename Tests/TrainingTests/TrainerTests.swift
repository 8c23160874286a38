import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct TrainerTests {
  func train(
    _ members: JSONObject = JSONObject(), dropout: Double = 0, examples: Int = 150,
    validation: MemoryExamples? = nil, observation: ObservationConfiguration = .init(),
    resuming: CheckpointState? = nil, control: TrainingControl = TrainingControl(),
    observer: RecordingObserver = RecordingObserver()
  ) throws -> (Outcome, RecordingObserver) {
    let trainer = try Trainer(
      model: Spiral.model(dropout: dropout),
      data: TrainingData(training: Spiral.examples(examples), validation: validation),
      configuration: Spiral.configuration(members), observation: observation, resuming: resuming,
      control: control)
    return (try trainer.run(observer: observer), observer)
  }

  @Test("every step is reported once, in order, with its loss, rate and gradients")
  func reportsSteps() throws {
    let (outcome, observer) = try train()
    #expect(outcome.reason == .completed)
    // 150 examples in batches of 20: seven and a short one, four times.
    #expect(observer.summary?.stepsPerEpoch == 8)
    #expect(observer.summary?.totalSteps == 32)
    #expect(observer.steps == Array(1...32))
    #expect(outcome.step == 32)
    #expect(outcome.epoch == 4)
    #expect(observer.losses.allSatisfy { $0.isFinite && $0 > 0 })
    #expect(observer.gradients.count == 32 * 6)
    #expect(observer.gradients.allSatisfy { $0.norm > 0 && $0.largest <= $0.norm })
    #expect(observer.blocks.flatMap(\.learningRates).allSatisfy { $0 == 0.01 })
    let epochs: [Int32] = (0..<32).map { step in Int32(step / 8 + 1) }
    #expect(observer.blocks.flatMap(\.epochs) == epochs)
    let seconds = observer.blocks.flatMap(\.seconds)
    #expect(zip(seconds, seconds.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(observer.epochs.map(\.step) == [8, 16, 24, 32])
    #expect(observer.checkpoints.first?.kind == .initial)
    #expect(observer.checkpoints.last?.kind == .latest)
  }

  @Test("it learns: the loss falls and the accuracy rises")
  func learns() throws {
    let (outcome, observer) = try train(
      JSONObject([("epochs", 60), ("validation", ["fraction": 0.2])]))
    #expect(observer.epochs.last?.accuracy ?? 0 > 0.95)
    #expect(outcome.validation?.accuracy ?? 0 > 0.9)
    #expect(observer.losses.last ?? 9 < 0.3)
    #expect(outcome.validation?.examples == 30)
    #expect(observer.summary?.trainingExamples == 120)
  }

  @Test("an epoch's loss is the mean of its steps' losses, weighted by their examples")
  func epochLoss() throws {
    let (_, observer) = try train(JSONObject([("epochs", 1)]))
    let sizes = [Double](repeating: 20, count: 7) + [10]
    let mean = zip(observer.losses, sizes).reduce(0) { $0 + $1.0 * $1.1 } / 150
    #expect(abs((observer.epochs.first?.loss ?? 0) - mean) < 1e-12)
  }

  @Test("two runs of one seed end in the same bits, of another seed in others")
  func repeats() throws {
    let (one, oneHeard) = try train(dropout: 0.3)
    let (two, twoHeard) = try train(dropout: 0.3)
    #expect(one.weights?.bits == two.weights?.bits)
    #expect(oneHeard.losses == twoHeard.losses)
    #expect(oneHeard.gradients == twoHeard.gradients)
    let (other, _) = try train(JSONObject([("seed", 12)]), dropout: 0.3)
    #expect(one.weights?.bits != other.weights?.bits)
  }

  @Test("the number of threads changes no bit", arguments: [2, 3, 8])
  func threads(count: Int) throws {
    let (one, _) = try train(dropout: 0.3)
    let (many, _) = try train(JSONObject([("threads", .integer(count))]), dropout: 0.3)
    #expect(one.weights?.bits == many.weights?.bits)
  }

  @Test("recomputing activations changes no bit")
  func recomputing() throws {
    let (plain, _) = try train(dropout: 0.3)
    let (again, _) = try train(
      JSONObject([("memory", ["recompute": "blocks"])]), dropout: 0.3)
    #expect(plain.weights?.bits == again.weights?.bits)
  }

  @Test("a step that can't be brought within its budget is refused with both figures")
  func budget() throws {
    do {
      _ = try train(JSONObject([("memory", ["budget_bytes": 2000])]))
      Issue.record("2000 bytes were enough")
    } catch let error as TrainingError {
      #expect(error.code == .plan)
      #expect(error.message.contains("budget"))
    }
  }

  @Test("watching changes no bit")
  func watching() throws {
    let (plain, _) = try train(dropout: 0.3, observation: .none)
    let all = ObservationConfiguration(
      gradientNormsEvery: 1, histogramsEvery: 3, activationsEvery: 2)
    let (watched, observer) = try train(dropout: 0.3, observation: all)
    #expect(plain.weights?.bits == watched.weights?.bits)
    #expect(!observer.histograms.isEmpty)
    #expect(!observer.activations.isEmpty)
  }

  @Test(
    "a run that goes on from any checkpoint ends in the bits of one never interrupted",
    arguments: [1, 7, 8, 13, 31])
  func resumes(at step: Int) throws {
    let settings = JSONObject([
      ("validation", ["fraction": 0.2]), ("checkpoint", ["every_steps": .integer(step)]),
      ("optimizer", ["type": "sgd", "learning_rate": 0.05, "momentum": 0.9]),
      ("schedule", ["type": "cosine", "warmup_steps": 5]), ("epochs", 6),
      ("early_stopping", ["patience": 5, "restore_best": true]),
    ])
    let (whole, wholeHeard) = try train(settings, dropout: 0.2)
    let state = try #require(wholeHeard.checkpoints.first { $0.kind == .periodic }?.state)
    #expect(state.step == step)
    // Through its bytes, as a store would give it back.
    let stored = try CheckpointState(decoding: state.encoded())
    let (resumed, resumedHeard) = try train(settings, dropout: 0.2, resuming: stored)
    #expect(resumed.weights?.bits == whole.weights?.bits)
    #expect(resumedHeard.steps == Array(step + 1...whole.step))
    #expect(resumedHeard.losses == Array(wholeHeard.losses[step...]))
    let ends = wholeHeard.epochs.filter { $0.step > step }
    #expect(resumedHeard.epochs.map(\.loss) == ends.map(\.loss))
    #expect(resumedHeard.epochs.map(\.accuracy) == ends.map(\.accuracy))
    #expect(resumed.best?.step == whole.best?.step)
  }

  @Test(
    "a state is kept after every so many seconds, unless 0 says never; any of them continues to the same bits"
  )
  func keepsState() throws {
    func settings(_ seconds: JSON) -> JSONObject {
      JSONObject([("epochs", 300), ("checkpoint", ["every_seconds": seconds])])
    }
    let (whole, heard) = try train(settings(0.001), dropout: 0.2)
    let kept = heard.checkpoints.filter { $0.kind == .latest }
    #expect(kept.count >= 2)
    #expect(kept.map(\.step) == kept.map(\.step).sorted())
    let state = try #require(kept.first?.state)
    #expect(state.step < whole.step)
    let stored = try CheckpointState(decoding: state.encoded())
    let (resumed, resumedHeard) = try train(settings(0.001), dropout: 0.2, resuming: stored)
    #expect(resumed.weights?.bits == whole.weights?.bits)
    #expect(resumedHeard.steps == Array(state.step + 1...whole.step))
    let (_, quiet) = try train(settings(0), dropout: 0.2)
    #expect(quiet.checkpoints.filter { $0.kind == .latest }.map(\.step) == [whole.step])
  }

  @Test("a checkpoint may take a hundredth of the time, however often it is asked for")
  func costOfState() throws {
    let configuration = try Spiral.configuration(
      JSONObject([("checkpoint", ["every_seconds": 2])]))
    #expect(configuration.checkpoint.interval(cost: 0.001) == 2)
    #expect(configuration.checkpoint.interval(cost: 0.05) == 5)
  }

  @Test("an evaluation ends unfinished when the run is to end", arguments: [true, false])
  func evaluationEnds(isCancelled: Bool) throws {
    let control = TrainingControl()
    let observer = RecordingObserver()
    observer.afterEpoch = { _ in control.request(isCancelled ? .cancel : .pause) }
    let (outcome, _) = try train(
      JSONObject([("epochs", 3), ("validation", ["fraction": 0.5])]), control: control,
      observer: observer)
    #expect(outcome.reason == (isCancelled ? .cancelled : .paused))
    #expect(outcome.epoch == 1)
    #expect(observer.evaluations.count == (isCancelled ? 0 : 1))
  }

  @Test("a paused run goes on from what it left")
  func pauses() throws {
    let control = TrainingControl()
    control.request(.pause)
    let (paused, heard) = try train(control: control)
    #expect(paused.reason == .paused)
    #expect(paused.step == 0)
    #expect(heard.steps.isEmpty)
    let (whole, _) = try train()
    let (rest, _) = try train(resuming: paused.state)
    #expect(rest.weights?.bits == whole.weights?.bits)
  }

  @Test(
    "stop and cancel end after the step under way",
    arguments: [
      (TrainingControl.Request.stop, Outcome.Reason.stopped), (.cancel, .cancelled),
    ])
  func ends(request: TrainingControl.Request, reason: Outcome.Reason) throws {
    let control = TrainingControl()
    let observer = RecordingObserver()
    observer.afterBlock = { _ in
      control.request(request)
      control.request(.pause)
    }
    let (outcome, _) = try train(
      JSONObject([("epochs", 1000)]), control: control, observer: observer)
    #expect(outcome.reason == reason)
    #expect(outcome.step < 1000 * 8)
    #expect(outcome.weights != nil)
  }

  @Test("a time limit ends a run")
  func timeLimit() throws {
    let trainer = try Trainer(
      model: Spiral.model(), data: TrainingData(training: Spiral.examples(60)),
      configuration: Spiral.configuration(JSONObject([("epochs", 1_000_000)])),
      maximumSeconds: 0.05)
    let outcome = try trainer.run(observer: RecordingObserver())
    #expect(outcome.reason == .timeLimit)
    #expect(outcome.step > 0)
  }

  @Test("steps end a run within an epoch, and drop_last leaves the short batch out")
  func stepsAndDropLast() throws {
    let (outcome, observer) = try train(
      JSONObject([("epochs", .null), ("steps", 10), ("drop_last", true)]))
    #expect(observer.summary?.stepsPerEpoch == 7)
    #expect(outcome.step == 10)
    #expect(observer.epochs.map(\.step) == [7, 10])
  }

  @Test("early stopping stops where a loop over the recorded losses says, and restores the best")
  func earlyStopping() throws {
    let settings = JSONObject([
      ("epochs", 80), ("optimizer", ["type": "sgd", "learning_rate": 0.9]),
      ("validation", ["fraction": 0.3]),
      ("early_stopping", ["patience": 4, "restore_best": true, "min_delta": 0.001]),
    ])
    let (outcome, observer) = try train(settings)
    let losses = observer.evaluations.filter { $0.part == .validation }.map(\.result.loss)
    // Written by hand from the definition.
    var best = losses[0]
    var waited = 0
    var expected = losses.count
    for (epoch, loss) in losses.enumerated().dropFirst() {
      if loss < best - 0.001 { (best, waited) = (loss, 0) } else { waited += 1 }
      if waited == 4 {
        expected = epoch + 1
        break
      }
    }
    #expect(outcome.reason == .earlyStopped)
    #expect(losses.count == expected)
    #expect(outcome.best?.value == losses.min())
    let kept = observer.checkpoints.last { $0.kind == .best }
    #expect(kept?.step == outcome.best?.step)
    #expect(outcome.weights?.bits == kept?.weights.bits)
  }

  @Test("a validation dataset of its own is measured whole, and best is its smallest loss")
  func ownValidation() throws {
    let (outcome, observer) = try train(validation: Spiral.examples(45, seed: 4))
    #expect(observer.evaluations.count == 4)
    #expect(observer.evaluations.allSatisfy { $0.result.examples == 45 })
    let smallest = observer.evaluations.min { $0.result.loss < $1.result.loss }
    #expect(outcome.best?.step == smallest?.step)
    #expect(outcome.best?.name == "validation_loss")
  }

  @Test("initial weights replace the initializers', and must be the model's")
  func initialWeights() throws {
    let (outcome, _) = try train()
    let weights = try #require(outcome.weights)
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: Spiral.model(), data: TrainingData(training: Spiral.examples(60)),
      configuration: Spiral.configuration(), initialWeights: weights)
    _ = try trainer.run(observer: observer)
    #expect(observer.checkpoints.first?.weights.bits == weights.bits)
    #expect(throws: TrainingError.self) {
      try Trainer(
        model: Spiral.model(), data: TrainingData(training: Spiral.examples(60)),
        configuration: Spiral.configuration(),
        initialWeights: Weights(Array(weights.tensors.dropLast())))
    }
  }
}
