import JSON

/// What a model's answers are worth by one of its objectives.
public struct TermResult: Hashable, Sendable, Codable {
  public let name: String
  /// The mean loss an example, unweighted.
  public let loss: Double
  /// The share of right answers; `nil` when the targets are no classes, or it wasn't asked for.
  public let accuracy: Double?

  public init(name: String, loss: Double, accuracy: Double?) {
    self.name = name
    self.loss = loss
    self.accuracy = accuracy
  }
}

extension [TermResult] {
  /// An object by the terms' names.
  public var json: JSON {
    .object(
      JSONObject(
        map { term in
          var part = JSONObject([("loss", .number(term.loss))])
          if let accuracy = term.accuracy { part["accuracy"] = .number(accuracy) }
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
  /// Of the one objective, when its targets are classes, and not too many.
  public var confusion: ConfusionMatrix?

  public init(loss: Double, accuracy: Double?, examples: Int, terms: [TermResult] = []) {
    self.loss = loss
    self.accuracy = accuracy
    self.examples = examples
    self.terms = terms
  }

  public var json: JSON {
    var object = JSONObject([("loss", .number(loss))])
    if let accuracy { object["accuracy"] = .number(accuracy) }
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

  public init(
    part: Part, step: Int, epoch: Int, seconds: Double, result: EvaluationResult, isBest: Bool
  ) {
    self.part = part
    self.step = step
    self.epoch = epoch
    self.seconds = seconds
    self.result = result
    self.isBest = isBest
  }
}
