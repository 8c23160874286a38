import Datasets
import JSON
import NeuralNetworks
import Synchronization
import Tensors
import Testing

@testable import Training

/// A source of which it is written down what was gathered, and what was to be read ahead.
private final class Noted: ExampleSource {
  private let base: MemoryExamples
  let isLarge: Bool
  let gathered = Mutex<[[Int]]>([])
  let asked = Mutex<[[Int]]>([])
  let isRandom = Mutex(false)

  init(_ base: MemoryExamples, isLarge: Bool = true) { (self.base, self.isLarge) = (base, isLarge) }

  var examples: Int { base.examples }
  var inputs: [ExampleInput] { base.inputs }
  var targets: [ExampleTarget] { base.targets }
  var classIndices: ClassLabels { base.classIndices }

  func gather(
    indices: UnsafeBufferPointer<Int>, inputs: [UnsafeMutableRawPointer?],
    targets: [UnsafeMutableRawPointer?]
  ) {
    gathered.withLock { $0.append(Array(indices)) }
    base.gather(indices: indices, inputs: inputs, targets: targets)
  }

  func readAhead(_ examples: [Int]) { asked.withLock { $0.append(examples) } }
  func readsAtRandom() { isRandom.withLock { $0 = true } }
}

@Suite("Reading ahead")
struct ReadAheadTests {
  private func train(_ source: Noted, shuffle: Bool) throws {
    let trainer = try Trainer(
      model: Model(
        ModelSpec(["input": ["shape": [2]], "layers": [["type": "dense", "units": 3]]])),
      data: TrainingData(training: source),
      configuration: TrainingConfiguration([
        "epochs": 2, "batch_size": 10, "loss": "cross_entropy", "optimizer": "sgd",
        "shuffle": .bool(shuffle), "validation": ["fraction": 0.5],
      ]), observation: ObservationConfiguration())
    _ = try trainer.run(observer: RecordingObserver())
  }

  @Test(
    "what is read ahead is gathered later, in training and in evaluations",
    arguments: [true, false])
  func coming(shuffle: Bool) async throws {
    let source = Noted(Spiral.examples(240))
    try train(source, shuffle: shuffle)
    for _ in 0..<500 where source.asked.withLock({ $0.count < 5 }) {
      try await Task.sleep(for: .milliseconds(10))
    }
    let gathered = source.gathered.withLock { $0 }
    let asked = source.asked.withLock { $0 }
    #expect(asked.count >= 5 && source.isRandom.withLock { $0 } == shuffle)
    #expect(asked.allSatisfy { gathered.contains($0) })
    // The first that was asked for had been before it was gathered. (A lane that is behind leaves batches out, but for five.)
    let first = try #require(gathered.firstIndex { $0.count == 10 })
    #expect(asked[0] == gathered[first + ReadAhead.batches])
  }

  @Test("nothing is read ahead of what lies in memory")
  func small() throws {
    let source = Noted(Spiral.examples(240), isLarge: false)
    try train(source, shuffle: true)
    #expect(source.asked.withLock { $0.isEmpty } && !source.isRandom.withLock { $0 })
  }
}
