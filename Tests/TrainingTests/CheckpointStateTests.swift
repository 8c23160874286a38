import Tensors
import Testing

@testable import Training

@Suite struct CheckpointStateTests {
  @Test("a state reads back in the same bits, infinities too")
  func roundTrips() throws {
    var progress = CheckpointState.Progress()
    progress.seconds = 0.1
    progress.epochLoss = 1 / 3
    progress.epochWeight = 61.5
    progress.epochTerms = [CheckpointState.TermSum()]
    progress.epochTerms[0].loss = 3.25
    progress.epochTerms[0].weight = 61.5
    progress.epochTerms[0].right = 17
    progress.epochTerms[0].answers = 63
    progress.epochExamples = 64
    progress.bestValue = -0.0
    progress.bestStep = 40
    progress.earlyStopping = .init(best: .infinity, waited: 2)
    progress.earlyStopping.monitor = "train_loss"
    progress.stopsEarly = true
    progress.lossStopping.first = 2.5
    progress.lossStopping.smallest = -0.1
    progress.lossStopping.above = 3
    progress.lossStopping.sum = 1 / 3
    progress.lossStopping.count = 7
    progress.lossStopping.bestMean = .infinity
    progress.lossStopping.flat = 1
    progress.plateau.monitor = "validation_loss"
    progress.plateau.best = 0.1
    progress.plateau.bad = 2
    progress.plateau.resting = 1
    progress.plateau.scale = 0.3
    progress.smoothing.mean = 1 / 7
    progress.smoothing.count = 9
    progress.smoothing.best = 0.2
    progress.validation = EvaluationResult(loss: 0.7, accuracy: 2 / 3, examples: 180)
    let weights = Weights([
      NamedTensor(name: "a.weight", tensor: Tensor([1, 2] as [Float], shape: [2]))
    ])
    let slot = NamedTensor(
      name: "momentum.a.weight", tensor: Tensor([3, 4] as [Float], shape: [2]))
    let state = CheckpointState(
      step: 41, weights: weights, optimizer: [slot], bestWeights: weights, progress: progress)
    let back = try CheckpointState(decoding: state.encoded())
    #expect(back.step == 41)
    #expect(back.progress == progress)
    #expect(back.progress.bestValue?.sign == .minus)
    #expect(back.weights["a.weight"]?.elements(of: Float.self) == [1, 2])
    #expect(back.bestWeights?["a.weight"]?.elements(of: Float.self) == [1, 2])
    #expect(back.optimizer.map(\.name) == ["momentum.a.weight"])
    #expect(back.optimizer[0].tensor.elements(of: Float.self) == [3, 4])
  }

  @Test("weights alone are no checkpoint")
  func refusesWeights() throws {
    let bytes = try WeightsFile.safetensors.encoded(WeightsFileTests.tensors)
    #expect(throws: TrainingError.self) { try CheckpointState(decoding: bytes) }
  }
}
