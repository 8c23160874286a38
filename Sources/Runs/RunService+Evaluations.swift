import Datasets
import JSON
import NeuralNetworks
import Store
import Training

/// An evaluation that a run made, with what stands behind its figures.
public struct KeptEvaluation: Sendable {
  /// Which of the two that are kept.
  public enum Choice: String, Sendable, CaseIterable {
    case newest
    case best
  }

  public let part: String
  public let term: String
  public let choice: Choice
  public let step: Int
  public let isBest: Bool
  public let details: EvaluationDetails
  /// Of the target that the term learns.
  public let classNames: [String]
  private let data: JSON
  /// The name of a checkpoint that holds the weights, when there still is one.
  private let checkpoint: String?

  init(
    _ stored: StoredEvaluation, _ choice: Choice, classNames: [String],
    checkpoint: (Int) -> String?
  ) throws {
    part = stored.part
    term = stored.term
    self.choice = choice
    step = stored.step
    isBest = stored.isBest
    data = try JSON(parsing: stored.data)
    details = EvaluationDetails(data["details"] ?? .null, term: stored.term)
    self.classNames = classNames
    self.checkpoint = checkpoint(data["weights_step"]?.integer ?? stored.step)
  }

  /// Which evaluation it is, of which weights, and its figures.
  public var members: [(String, JSON)] {
    let weights: JSON = .object([
      "step": data["weights_step"] ?? .integer(step),
      "checkpoint": checkpoint.map { .string($0) } ?? .null,
    ])
    let evaluation: JSON = .object([
      "choice": .string(choice.rawValue), "is_best": .bool(isBest), "step": .integer(step),
      "epoch": data["epoch"] ?? .null, "weights": weights, "examples": data["examples"] ?? .null,
      "metrics": data["metrics"] ?? .null,
    ])
    var members: [(String, JSON)] = [("part", .string(part))]
    if !term.isEmpty { members.append(("term", .string(term))) }
    return members + [("evaluation", evaluation)]
  }
}

extension RunService {
  /// The newest or the best evaluation of a part of a run's data.
  ///
  /// - Parameters:
  ///   - part: that for validation when left out, or for the test where there is no other.
  ///   - term: needed where the loss has several.
  /// - Throws: `RunError.notFound` when there is none, `Faults` for a term that there isn't.
  public func evaluation(
    of run: RunRecord, part: EvaluationRecord.Part?, term: String?, _ choice: KeptEvaluation.Choice
  ) async throws -> KeptEvaluation {
    let keys = try await store.evaluations.keys(run.id)
    guard let part = part?.rawValue ?? keys.first?.part, keys.contains(where: { $0.part == part })
    else {
      throw RunError(
        .notFound,
        "run \(run.id) has no evaluation \(part.map { "of its \($0.rawValue) part " } ?? "")with a matrix or curves (yet): name "
          + "metrics as confusion_matrix, roc_auc or expected_calibration_error in training.metrics, and data for validation or "
          + "test; or ask POST /v1/runs/\(run.id)/evaluations")
    }
    let terms = keys.filter { $0.part == part }.map(\.term)
    guard let term = term ?? (terms.count == 1 ? terms[0] : nil), terms.contains(term) else {
      let known = terms.filter { !$0.isEmpty }.joined(separator: ", ")
      throw Faults([
        Fault(
          pointer: "/term",
          detail: known.isEmpty
            ? "the run's loss has no terms; leave it out"
            : term.map { "there is no term \"\($0.prefix(80))\" with classes; one of: \(known)" }
              ?? "is missing; one of: \(known)")
      ])
    }
    let stored = try await store.evaluations.list(run.id, part: part, term: term)
    let wanted = choice == .newest ? stored.first : stored.first(where: \.isBest)
    guard let wanted else {
      throw RunError(
        .notFound,
        "no evaluation of the \(part) part is the best of run \(run.id); ask for the newest")
    }
    let checkpoints = try await store.checkpoints.list(run.id)
    return try KeptEvaluation(
      wanted, choice,
      classNames: try classNames(
        of: RunRequest(JSON(parsing: run.request)),
        DatasetDescription(JSON(parsing: run.data)), term: term),
      checkpoint: { step in
        let kinds = checkpoints.filter { $0.step == step }.map(\.kind)
        return ["best", "latest", "initial"].first(where: kinds.contains)
          ?? (kinds.isEmpty ? nil : "\(step)")
      })
  }

  /// The names of the classes of the target that a term learns; none where it has no classes.
  func classNames(
    of request: RunRequest, _ data: DatasetDescription, term: String
  ) throws -> [String] {
    let model = try request.inlineModel()
    let targets = data.namedTargets
    let losses = request.training.losses
    let learned = losses.targetsByOutput(
      of: model,
      targets: targets.map {
        ExampleTarget(name: $0.name ?? ExampleTarget.onlyName, $0.target.lossTarget)
      })
    let output = losses.terms.first { $0.name == term }?.output
    let index = output.flatMap { name in model.outputs.firstIndex { $0.name == name } } ?? 0
    return learned[index].map { targets[$0].target.classes } ?? []
  }

  /// Adds the matrices and curves that metrics asked for.
  static func add(
    _ all: [EvaluationDetails], _ metrics: [any Metric], to object: inout JSONObject,
    classNames: (String) -> [String]?, most: Int
  ) {
    var ofTerms = JSONObject()
    for details in all {
      let names = classNames(details.term) ?? []
      var part = JSONObject()
      if metrics.contains(where: { $0 is ConfusionMetric }),
        let matrix = details.matrixMembers(names)
      {
        part["confusion"] = .object(JSONObject(matrix))
      }
      let kinds = ShownCurve.Kind.allCases.filter { kind in
        metrics.contains { metric in
          switch kind {
          case .roc: metric is ROCCurveMetric
          case .precisionRecall: metric is PrecisionRecallCurveMetric
          case .calibration: metric is CalibrationCurveMetric
          }
        }
      }
      if !kinds.isEmpty {
        part["curves"] = .object(
          JSONObject(
            kinds.map { kind in
              let curves = ShownCurve.all(
                kind, of: details, classNames: names, index: nil, most: most)
              return (
                kind.rawValue,
                .object([
                  "exact": .bool(kind == .calibration || details.areScoresExact),
                  "unordered": .integer(details.unordered),
                  "columns": .array(kind.columns.map { .string($0) }),
                  "curves": .array(curves.map(\.json)),
                ])
              )
            }))
      }
      if details.term.isEmpty {
        for (name, value) in part.members { object[name] = value }
      } else if !part.members.isEmpty {
        ofTerms[details.term] = .object(part)
      }
    }
    if !ofTerms.members.isEmpty { object["details"] = .object(ofTerms) }
  }
}
