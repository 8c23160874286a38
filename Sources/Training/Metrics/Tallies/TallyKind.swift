/// A count that metrics share.
public enum TallyKind: Hashable, Sendable {
  /// Right answers, answers and examples of each class.
  case classes
  /// How often the class is among the so many largest outputs.
  case top(Int)
  /// Log likelihood and squared error of probabilities.
  case likelihood
  /// Probabilities against frequencies, in so many bins.
  case calibration(Int)
  /// Examples by their scores for each class.
  case scores
  /// Errors of numbers.
  case numbers

  /// The name of its state in a checkpoint.
  var name: String {
    switch self {
    case .classes: "classes"
    case .top(let count): "top_\(count)"
    case .likelihood: "likelihood"
    case .calibration(let bins): "calibration_\(bins)"
    case .scores: "scores"
    case .numbers: "numbers"
    }
  }
}

/// Sums over the examples of an epoch or of an evaluation, all of them in one stretch of doubles.
///
/// Made before the first example, so that adding allocates nothing; counts are exact up to 2^53.
class MetricTally {
  let storage: UnsafeMutableBufferPointer<Double>

  init(count: Int) {
    storage = .allocate(capacity: count)
    storage.initialize(repeating: 0)
  }

  deinit { storage.deallocate() }

  func clear() { storage.update(repeating: 0) }

  /// Takes in one answer.
  func add(_ row: MetricRow) {}
}

/// One answer of a model to a question of classes.
struct MetricRow {
  /// The outputs as they came, as many as `width`.
  let outputs: UnsafePointer<Float>
  let width: Int
  /// The right class; one out of range when it is none of the outputs.
  let target: Int
  /// The class that the outputs say; -1 where one of them is NaN.
  let answer: Int
  /// One a class; `nil` where nobody wants them, or the outputs are scores.
  let probabilities: UnsafePointer<Double>?
  /// What the probabilities add up to, which isn't 1 where each class has a sigmoid of its own.
  let sum: Double
}

/// What has been counted for the metrics of one objective.
public final class TallySet {
  let task: MetricTask
  let all: [(kind: TallyKind, tally: MetricTally)]

  init(_ task: MetricTask, _ all: [(kind: TallyKind, tally: MetricTally)]) {
    self.task = task
    self.all = all
  }

  private func tally<Tally: MetricTally>(_ kind: TallyKind) -> Tally? {
    all.first { $0.kind == kind }?.tally as? Tally
  }

  var classes: ClassTally? { tally(.classes) }
  var likelihood: LikelihoodTally? { tally(.likelihood) }
  var scores: ScoreTally? { tally(.scores) }
  var numbers: NumberTally? { tally(.numbers) }
  func top(_ count: Int) -> TopTally? { tally(.top(count)) }
  func calibration(_ bins: Int) -> CalibrationTally? { tally(.calibration(bins)) }
  /// That with the most bins.
  var finestCalibration: CalibrationTally? {
    all.compactMap { $0.tally as? CalibrationTally }.max { $0.bins < $1.bins }
  }
}
