import JSON
import NeuralNetworks
import Tensors

@testable import Training

/// Remembers all it hears.
final class RecordingObserver: TrainingObserver {
  var summary: TrainingSummary?
  var blocks: [StepBlock] = []
  var histograms: [HistogramRecord] = []
  var activations: [ActivationRecord] = []
  var values: [SeriesValue] = []
  /// As they stand at the end.
  var findings: [Finding] = []
  var epochs: [EpochRecord] = []
  var evaluations: [EvaluationRecord] = []
  var checkpoints: [CheckpointRecord] = []
  var logs: [LogRecord] = []
  /// Called after each block.
  var afterBlock: ((StepBlock) -> Void)?
  var afterEpoch: ((EpochRecord) -> Void)?

  func trainingStarted(_ summary: TrainingSummary) { self.summary = summary }
  func stepsTaken(_ block: StepBlock) {
    blocks.append(block)
    afterBlock?(block)
  }
  func histogramsTaken(_ histograms: [HistogramRecord]) { self.histograms += histograms }
  func activationsTaken(_ activations: [ActivationRecord]) { self.activations += activations }
  func valuesTaken(_ values: [SeriesValue]) { self.values += values }
  func epochEnded(_ epoch: EpochRecord) {
    epochs.append(epoch)
    afterEpoch?(epoch)
  }
  func evaluated(_ evaluation: EvaluationRecord) { evaluations.append(evaluation) }
  func checkpointReached(_ checkpoint: CheckpointRecord) { checkpoints.append(checkpoint) }
  func diagnosed(_ diagnosis: DiagnosisRecord) {
    for finding in diagnosis.findings {
      findings.removeAll { $0.key == finding.key }
      findings.append(finding)
    }
  }
  func logged(_ record: LogRecord) { logs.append(record) }

  func values(of series: String) -> [Double] {
    values.filter { $0.name == series }.map(\.value)
  }
  func steps(of series: String) -> [Int] { values.filter { $0.name == series }.map(\.step) }

  var losses: [Double] { blocks.flatMap(\.losses) }
  var steps: [Int] { blocks.flatMap { block in block.losses.indices.map { block.firstStep + $0 } } }
  var gradients: [ParameterGradient] { blocks.flatMap(\.gradients) }
}

/// A small problem that a small network can learn, the same for the same seed.
enum Spiral {
  /// Three arms in the plane, a class each, with noise.
  static func examples(_ count: Int, seed: UInt64 = 3) -> MemoryExamples {
    var random = Philox(seed: seed, purpose: "spiral").generator()
    var inputs: [Float] = []
    var classes: [Int32] = []
    for index in 0..<count {
      let arm = index % 3
      let radius = Float(random.uniform())
      let angle = Float(arm) * 2.0944 + radius * 2 + Float(random.uniform() - 0.5) * 0.3
      inputs += [radius * cosine(angle), radius * cosine(angle - 1.5708)]
      classes.append(Int32(arm))
    }
    return MemoryExamples(inputs: inputs, shape: [2], targets: .classes(classes, count: 3))
  }

  /// Enough terms of the series for an angle of a few turns; no bits of a system's library.
  private static func cosine(_ angle: Float) -> Float {
    var term: Float = 1
    var sum: Float = 1
    for k in 1..<16 {
      term *= -angle * angle / Float((2 * k - 1) * (2 * k))
      sum += term
    }
    return sum
  }

  static func model(dropout: Double = 0) throws -> Model {
    var layers: [JSON] = [["type": "dense", "units": 24, "activation": "relu", "name": "hidden"]]
    if dropout > 0 { layers.append(["type": "dropout", "rate": .number(dropout)]) }
    layers.append(["type": "dense", "units": 16, "activation": "tanh", "name": "second"])
    layers.append(["type": "dense", "units": 3, "name": "output"])
    return try Model(ModelSpec(["input": ["shape": [2]], "layers": .array(layers)]))
  }

  static func configuration(
    _ members: JSONObject = JSONObject(), hasValidation: Bool = false
  ) throws -> TrainingConfiguration {
    var object = JSONObject([
      ("epochs", 4), ("batch_size", 20), ("seed", 11), ("loss", "cross_entropy"),
      ("optimizer", ["type": "adam", "learning_rate": 0.01]), ("metrics", ["accuracy"]),
    ])
    for (name, value) in members.members { object[name] = value == .null ? nil : value }
    return try TrainingConfiguration(.object(object), hasValidationDataset: hasValidation)
  }
}

extension Weights {
  /// Every bit, to compare runs with.
  var bits: [[UInt8]] { tensors.map { $0.tensor.withUnsafeBytes { Array($0) } } }
}
