/// What one step leaves behind.
public struct StepRecord: Sendable {
  public let step: Int
  /// Of training, when the step ended.
  public let seconds: Double
  public let loss: Double
  public let learningRate: Double
  /// Of all parameters together; `nil` when not measured.
  public let gradientNorm: Double?
  /// One entry a parameter, in the order of the run's parameters; empty when not measured.
  public let gradients: [GradientSummary]
  /// The same after clipping; empty when nothing clips.
  public let clipped: [GradientSummary]
  /// One entry a parameter, likewise.
  public let updates: [UpdateSummary]
  /// One value a further series of the run, in the order in which the run has them.
  public let series: [Double]

  public init(
    step: Int, seconds: Double, loss: Double, learningRate: Double, gradientNorm: Double?,
    gradients: [GradientSummary], clipped: [GradientSummary], updates: [UpdateSummary] = [],
    series: [Double] = []
  ) {
    self.step = step
    self.seconds = seconds
    self.loss = loss
    self.learningRate = learningRate
    self.gradientNorm = gradientNorm
    self.gradients = gradients
    self.clipped = clipped
    self.updates = updates
    self.series = series
  }
}

/// A point of a scalar series.
public struct PointRecord: Hashable, Sendable {
  public let series: String
  public let step: Int
  public let seconds: Double
  /// `nil` for what isn't finite.
  public let value: Double?

  public init(series: String, step: Int, seconds: Double, value: Double?) {
    self.series = series
    self.step = step
    self.seconds = seconds
    self.value = value
  }
}

/// A stored histogram; the store doesn't know what its bytes mean.
public struct StoredHistogram: Hashable, Sendable {
  public let quantity: String
  public let layer: String
  /// `nil` for a quantity of the layer itself.
  public let parameter: String?
  public let step: Int
  public let data: [UInt8]

  public init(quantity: String, layer: String, parameter: String?, step: Int, data: [UInt8]) {
    self.quantity = quantity
    self.layer = layer
    self.parameter = parameter
    self.step = step
    self.data = data
  }
}

/// What stands behind the figures of an evaluation, as JSON that the store doesn't know.
public struct StoredEvaluation: Hashable, Sendable {
  /// `validation` or `test`.
  public let part: String
  /// Of a list of losses which one; empty where there is one alone.
  public let term: String
  public let step: Int
  /// Whether no evaluation before was better.
  public let isBest: Bool
  public let data: String

  public init(part: String, term: String, step: Int, isBest: Bool, data: String) {
    self.part = part
    self.term = term
    self.step = step
    self.isBest = isBest
    self.data = data
  }

  /// Of evaluations in the order in which they were made, those that stay: the newest and the best of each part and term.
  public static func kept(_ all: [StoredEvaluation]) -> [StoredEvaluation] {
    all.indices.filter { index in
      let later = all[(index + 1)...].filter {
        $0.part == all[index].part && $0.term == all[index].term
      }
      return later.isEmpty || (all[index].isBest && !later.contains(where: \.isBest))
    }.map { all[$0] }
  }
}

/// A layer's activation statistics at a step, as JSON.
public struct StoredActivation: Hashable, Sendable {
  public let layer: String
  public let step: Int
  public let data: String

  public init(layer: String, step: Int, data: String) {
    self.layer = layer
    self.step = step
    self.data = data
  }
}

/// Something that a rule of the diagnosis saw; the store doesn't know what its JSON means.
public struct StoredFinding: Hashable, Sendable {
  /// No two findings of a run have the same.
  public let key: String
  public let rule: String
  public let severity: String
  public let fromStep: Int
  public let data: String

  public init(key: String, rule: String, severity: String, fromStep: Int, data: String) {
    self.key = key
    self.rule = rule
    self.severity = severity
    self.fromStep = fromStep
    self.data = data
  }
}

/// A line of a run's log.
public struct StoredLog: Hashable, Sendable {
  public let at: Int
  public let level: String
  public let step: Int
  public let message: String

  public init(at: Int, level: String, step: Int, message: String) {
    self.at = at
    self.level = level
    self.step = step
    self.message = message
  }
}

/// One of a run's parameters, at its position in a step's gradients.
public struct ParameterName: Hashable, Sendable {
  public let layer: String
  public let name: String

  public init(layer: String, name: String) {
    self.layer = layer
    self.name = name
  }
}

/// An event before and after it has its id.
public struct NewEvent: Hashable, Sendable {
  public let kind: String
  /// A JSON object.
  public let data: String

  public init(kind: String, data: String) {
    self.kind = kind
    self.data = data
  }
}

public struct StoredEvent: Hashable, Sendable {
  /// Grows over all runs.
  public let id: Int64
  public let run: RunID
  public let kind: String
  public let data: String
}

/// What one stretch of a run's training commits together.
public struct HistoryBatch: Sendable {
  public var parameters: [ParameterName] = []
  /// The names of the series that steps have beside their own; only in the first batch.
  public var series: [String] = []
  public var steps: [StepRecord] = []
  public var points: [PointRecord] = []
  public var evaluations: [StoredEvaluation] = []
  public var histograms: [StoredHistogram] = []
  public var activations: [StoredActivation] = []
  public var logs: [StoredLog] = []
  public var findings: [StoredFinding] = []
  public var vanishingIndex: Double?
  public var checkpoints: [NewCheckpoint] = []
  public var events: [NewEvent] = []
  public var progress: RunRecord.Progress?
  /// The newest value of each series, as a JSON object.
  public var metrics: String?
  public var best: String?

  public init() {}
}
