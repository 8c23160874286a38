import JSON

/// What a model's answers are worth by one of its objectives.
public struct TermResult: Hashable, Sendable, Codable {
  public let name: String
  /// The mean loss an example, unweighted.
  public let loss: Double
  /// The share of right answers; `nil` when the targets are no classes, or it wasn't asked for.
  public let accuracy: Double?
  /// The other metrics that suit the term.
  public let metrics: [MetricValue]

  public init(name: String, loss: Double, accuracy: Double?, metrics: [MetricValue] = []) {
    self.name = name
    self.loss = loss
    self.accuracy = accuracy
    self.metrics = metrics
  }

  /// Everything measured but the loss.
  public var figures: [MetricValue] { .all(accuracy, metrics) }
}

extension [MetricValue] {
  /// Accuracy, where there is one, before the others.
  static func all(_ accuracy: Double?, _ metrics: [MetricValue]) -> [MetricValue] {
    (accuracy.map { [MetricValue(Accuracy.type, $0)] } ?? []) + metrics
  }
}

extension [TermResult] {
  /// An object by the terms' names.
  public var json: JSON {
    .object(
      JSONObject(
        map { term in
          var part = JSONObject([("loss", .number(term.loss))])
          for figure in term.figures { part[figure.name] = .number(figure.value) }
          return (term.name, .object(part))
        }))
  }
}

/// What a model's answers on a set of examples are worth.
public struct EvaluationResult: Hashable, Sendable, Codable {
  /// The mean loss an example.
  public let loss: Double
  /// The share of right answers; `nil` when the targets are no classes.
  public let accuracy: Double?
  public let examples: Int
  /// One a term, when the loss is a list of them.
  public let terms: [TermResult]
  /// The other metrics, when there is one loss alone.
  public let metrics: [MetricValue]
  /// Matrices and curves, one an objective that has some.
  public var details: [EvaluationDetails] = []
  /// Labels that the model is sure are wrong, where that was looked for.
  public var labelDoubts: LabelDoubts?

  public init(
    loss: Double, accuracy: Double?, examples: Int, terms: [TermResult] = [],
    metrics: [MetricValue] = []
  ) {
    self.loss = loss
    self.accuracy = accuracy
    self.examples = examples
    self.terms = terms
    self.metrics = metrics
  }

  /// Everything measured but the loss.
  public var figures: [MetricValue] { .all(accuracy, metrics) }

  /// Of the one objective, when its targets are classes, and not too many.
  public var confusion: ConfusionMatrix? { details.first { $0.term.isEmpty }?.confusion }

  /// The value behind a series' name without its part, as `loss`, `f1_macro`, `accuracy.<term>`.
  func value(of name: String) -> Double? {
    let base = SeriesOfTerm.base(of: name)
    guard let term = SeriesOfTerm.term(of: name) else {
      return base == "loss" ? loss : figures[base]
    }
    let found = terms.first { $0.name == term }
    return base == "loss" ? found?.loss : found?.figures[base]
  }

  public var json: JSON {
    var object = JSONObject([("loss", .number(loss))])
    for figure in figures { object[figure.name] = .number(figure.value) }
    object["examples"] = .integer(examples)
    if !terms.isEmpty { object["terms"] = terms.json }
    return .object(object)
  }
}

/// An evaluation made while a run trains.
public struct EvaluationRecord: Hashable, Sendable, Codable {
  /// Which examples were evaluated; the raw value begins the names of the series.
  public enum Part: String, Hashable, Sendable, Codable {
    case validation
    case test
  }

  public let part: Part
  public let step: Int
  public let epoch: Int
  public let seconds: Double
  public let result: EvaluationResult
  /// Whether no validation before was better.
  public let isBest: Bool
  /// After which step the weights were those that were evaluated.
  public let weightsStep: Int

  public init(
    part: Part, step: Int, epoch: Int, seconds: Double, result: EvaluationResult, isBest: Bool,
    weightsStep: Int? = nil
  ) {
    self.weightsStep = weightsStep ?? step
    self.part = part
    self.step = step
    self.epoch = epoch
    self.seconds = seconds
    self.result = result
    self.isBest = isBest
  }
}
