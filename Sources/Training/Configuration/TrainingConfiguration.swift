import JSON
import NeuralNetworks
import Optimizers

/// How a run trains: the `training` object of a run, decoded and free of contradictions.
public struct TrainingConfiguration: Sendable {
  /// How long a run trains.
  public enum Duration: Hashable, Sendable {
    case epochs(Int)
    case steps(Int)
  }

  public let duration: Duration
  /// Examples that pass at once. For a full batch the data decides, and until then this is 1.
  public internal(set) var batchSize: Int
  /// Whether a step takes all examples.
  public let isFullBatch: Bool
  /// Of how many passes a step takes the gradients' mean.
  public let accumulate: Int
  /// Examples of a step, all its passes together.
  public internal(set) var examplesPerStep: Int
  /// Decides the initial weights, the order of the examples, the validation split and dropout.
  public let seed: UInt64
  public internal(set) var shuffle: Bool
  /// Which examples make an epoch; each of them once when `nil`.
  public let sampling: (any Sampling)?
  /// Whether a step's sequences are of similar length; `nil` for no.
  public let buckets: LengthBuckets?
  /// Made of examples each time they are trained on, one after the other.
  public let augmentations: [any Augmentation]
  /// Whether an epoch's last batch is left out when it is short.
  public let dropLast: Bool
  public let losses: LossTerms
  public let optimizers: OptimizerChoice
  public let schedule: any Schedule
  public let treatment: GradientTreatment
  /// What of the weights is evaluated and kept in their place.
  public let average: WeightAverage?
  public let regularization: Regularization
  /// The share of the training examples that is kept out for validation.
  public let validationFraction: Double?
  /// Whether the run says that its data has examples of its own for validation, as a graph may.
  public let validatesByMask: Bool
  public let metrics: [any Metric]
  public let earlyStopping: EarlyStopping?
  /// When the run ends by its training loss alone.
  public let lossStopping: LossStopping
  /// What a schedule that goes by evaluations watches; `nil` for any other.
  public let plateauMonitor: PlateauMonitor?
  /// Which rates are tried, when that is what the run is for.
  public let rangeTest: LearningRateRange?
  public let checkpoint: CheckpointPolicy
  public internal(set) var threads: Int
  public internal(set) var memory: TrainingMemory
  /// The decoded object as it was given.
  public let json: JSON

  /// The optimizer of what is in no group.
  public var optimizer: any Optimizer { optimizers.base }
  public var clip: Clip? { treatment.clip }

  /// Whether the run leaves other weights than its last ones: the best, or those it began with.
  var restoresWeights: Bool { earlyStopping?.restoreBest == true || rangeTest != nil }

  /// The same with no more than so many threads.
  public func limited(toThreads count: Int) -> TrainingConfiguration {
    var limited = self
    limited.threads = min(threads, count)
    return limited
  }

  public static let batchSizes = 1...65_536
  public static let accumulations = 1...4_096
  public static let threadCounts = 1...64

  /// Decodes a `training` object, and finds every fault and contradiction in it.
  ///
  /// - Parameters:
  ///   - hasValidationDataset: whether the run names a dataset, or a split, for validation of its own.
  ///   - rangeTest: which rates the run tries, when it is there for that.
  public init(
    _ json: JSON, pointer: String = "", hasValidationDataset: Bool = false,
    rangeTest: LearningRateRange? = nil
  ) throws(Faults) {
    var reader = ObjectReader(json, pointer: pointer)
    self.json = json
    self.rangeTest = rangeTest
    duration = rangeTest.map { $0.duration(&reader) } ?? Self.duration(&reader)
    let batch = Self.batch(&reader)
    (batchSize, isFullBatch, accumulate) = batch
    examplesPerStep = batch.size * batch.parts
    seed = UInt64(reader.integer("seed", in: 0...Int.max) ?? 0)
    shuffle = reader.bool("shuffle") ?? true
    sampling = Self.sampling(&reader)
    buckets = LengthBuckets.decoded(&reader)
    augmentations = Self.augmentations(&reader)
    dropLast = reader.bool("drop_last") ?? false
    let losses = Self.losses(&reader)
    let optimizers = Self.optimizers(&reader)
    let schedule = Self.schedule(&reader)
    treatment = GradientTreatment(&reader)
    average = Self.average(&reader)
    regularization = Regularization(&reader)
    (validationFraction, validatesByMask) = Self.validation(
      &reader, hasValidationDataset: hasValidationDataset)
    metrics = Self.metrics(&reader)
    let hasValidation = hasValidationDataset || validationFraction != nil || validatesByMask
    earlyStopping = EarlyStopping(
      &reader, metrics: metrics, losses: losses, hasValidation: hasValidation)
    earlyStopping?.check(against: duration, &reader)
    lossStopping = LossStopping(&reader)
    plateauMonitor = PlateauMonitor(
      schedule?.plateau, &reader, metrics: metrics, losses: losses, hasValidation: hasValidation)
    checkpoint = CheckpointPolicy(&reader)
    Self.checkDeterminism(&reader)
    threads = reader.integer("threads", in: Self.threadCounts) ?? 1
    memory = TrainingMemory(&reader)
    try reader.finish().check()
    guard let losses, let optimizers, let schedule else { throw reader.faults }
    self.losses = losses
    self.optimizers = optimizers
    self.schedule = schedule
  }

  /// A run can't be asked to be anything else.
  private static func checkDeterminism(_ reader: inout ObjectReader) {
    guard reader.bool("deterministic") == false else { return }
    reader.fault(
      "deterministic",
      "is always on and costs nothing: the same request on the same data gives the same bits at any number of threads; leave "
        + "it out, or say true")
  }

  private static func duration(_ reader: inout ObjectReader) -> Duration {
    let epochs = reader.integer("epochs", in: 1...1_000_000)
    let steps = reader.integer("steps", in: 1...1_000_000_000)
    switch (reader.has("epochs"), reader.has("steps")) {
    case (true, true):
      reader.fault("steps", "contradicts epochs; give one of the two")
    case (false, false):
      reader.fault("epochs", "is missing; say how long to train with epochs or with steps")
    default: break
    }
    return steps.map { .steps($0) } ?? .epochs(epochs ?? 1)
  }

  private static func validation(
    _ reader: inout ObjectReader, hasValidationDataset: Bool
  ) -> (fraction: Double?, byMask: Bool) {
    guard var part = reader.reader("validation") else { return (nil, false) }
    let fraction = part.double("fraction", in: 0.0001...0.9)
    let byMask = part.bool("mask") ?? false
    if byMask, fraction != nil {
      part.fault("mask", "contradicts fraction; give one of the two")
    }
    if part.faults.isEmpty, !part.has("fraction"), !byMask {
      part.fault("fraction", "is missing; from 0.0001 to 0.9")
    }
    reader.add(part.finish())
    if hasValidationDataset {
      reader.fault(
        "validation",
        "contradicts the run's own dataset, or split, for validation; give one of the two")
    }
    return (fraction, byMask)
  }

  private static func metrics(_ reader: inout ObjectReader) -> [any Metric] {
    let list = reader.array("metrics", count: 0...MetricCatalog.most) ?? []
    do throws(Faults) {
      return try MetricCatalog.decode(list: list, pointer: reader.pointer(to: "metrics"))
    } catch {
      reader.add(error)
      return []
    }
  }
}
