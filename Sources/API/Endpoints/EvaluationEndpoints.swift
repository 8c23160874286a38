import HTTP
import JSON
import Runs
import Store
import Training

/// What stands behind the figures of a run's evaluations: curves, and who was taken for whom.
enum EvaluationEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/runs/{id}/curves", operationID: "getCurves", tag: .observations,
      summary: "ROC, precision-recall and calibration curves of a run's evaluations",
      description: """
        Of the newest evaluation of the part, or of the best one; `evaluation` says which it is and which weights it was of. \
        From the highest threshold down, each class against the rest; of two classes the second when `class` is left out. A \
        longer curve keeps points that lie evenly along it; `area` is of all of them. `exact` is false where scores were \
        counted in 4,096 fixed bins, because there were more than 1,048,576 of them (examples times classes); `area_bound` \
        says how far the area may be off. As application/x-npy an array of rows that begin with the number of the class, \
        -1 for the likeliest one.
        """,
      query: [kindField, partField, choiceField, termField, classField, pointsField],
      answers: [
        Answer(
          status: 200, summary: "The curves.",
          content: [
            (MediaType.json, .reference("Curves")), (MediaType.csv, .string),
            (MediaType.npy, .bytes),
          ])
      ], problems: [.notAcceptable]
    ) { service, call in
      let type = try call.negotiate([MediaType.json, MediaType.csv, MediaType.npy])
      let (kind, most) = try call.query.read { reader in
        (
          ShownCurve.Kind(rawValue: reader.choice(kindField)) ?? .roc, reader.integer(pointsField)
        )
      }
      let evaluation = try await Self.evaluation(service, call)
      let index = try call.query[classField].map { try Self.index(of: $0, evaluation) }
      let details = evaluation.details
      let shown = ShownCurve.all(
        kind, of: details, classNames: evaluation.classNames, index: index, most: most)
      if shown.isEmpty, details.unordered == 0 {
        throw RunError(
          .notFound,
          "the run's evaluations have no \(kind.rawValue) curve; name \(kind.metrics) in training.metrics, or in "
            + "POST /v1/runs/{id}/evaluations")
      }
      switch type {
      case MediaType.csv:
        return .lines(type, columns: ["class"] + kind.columns) { write in
          for curve in shown {
            let name: JSON = curve.name.map { .string($0) } ?? .null
            for row in curve.rows { try await write([name] + row) }
          }
        }
      case MediaType.npy:
        return .npy(
          shown.flatMap { curve in curve.points.map { [Double(curve.index ?? -1)] + $0 } },
          columns: kind.columns.count + 1)
      default:
        return .json(
          .object(
            JSONObject(
              evaluation.members + [
                ("curve", .string(kind.rawValue)),
                ("exact", .bool(kind == .calibration || details.areScoresExact)),
                ("unordered", .integer(details.unordered)),
                ("columns", .array(kind.columns.map { .string($0) })),
                ("curves", .array(shown.map(\.json))),
              ])))
      }
    },
    Endpoint(
      method: .get, path: "/v1/runs/{id}/confusion", operationID: "getConfusion",
      tag: .observations, summary: "How often examples of each class are answered with each class",
      description: """
        Of the newest evaluation of the part, or of the best one; `evaluation` says which it is and which weights it was of. \
        A row is a right class, a column an answer; `unanswered` counts examples of each class whose outputs have a NaN. For \
        up to 100 classes.
        """,
      query: [partField, choiceField, termField],
      answers: [
        Answer(
          status: 200, summary: "The matrix.",
          content: [
            (MediaType.json, .reference("Confusion")), (MediaType.csv, .string),
            (MediaType.npy, .bytes),
          ])
      ], problems: [.notAcceptable]
    ) { service, call in
      let type = try call.negotiate([MediaType.json, MediaType.csv, MediaType.npy])
      let evaluation = try await Self.evaluation(service, call)
      guard let members = evaluation.details.matrixMembers(evaluation.classNames),
        let matrix = evaluation.details.confusion
      else {
        throw RunError(
          .notFound,
          "the run's evaluations have no confusion matrix: it is for up to \(ConfusionMatrix.mostClasses) classes, and "
            + "confusion_matrix, accuracy or another metric of classes must be in training.metrics")
      }
      let rows = (0..<matrix.classes).map { right in
        (0..<matrix.classes).map { matrix[right, $0] }
      }
      switch type {
      case MediaType.csv:
        let names = (members[0].1.array ?? []).map { $0.string ?? "" }
        return .lines(type, columns: ["class"] + names) { write in
          for (name, row) in zip(names, rows) {
            try await write([.string(name)] + row.map(JSON.integer))
          }
        }
      case MediaType.npy:
        return .npy(rows.map { $0.map(Double.init) }, columns: matrix.classes)
      default:
        return .json(.object(JSONObject(evaluation.members + members)))
      }
    },
  ]

  // MARK: - Which

  private static let kindField = Field(
    "curve", .choice(ShownCurve.Kind.allCases.map(\.rawValue)), default: "roc", "Which curve.")
  private static let partField = Field(
    "part", .choice(["validation", "test"]),
    "Of which data; that for validation when left out, or for the test where there is no other.")
  private static let choiceField = Field(
    "evaluation", .choice(KeptEvaluation.Choice.allCases.map(\.rawValue)), default: "newest",
    "Which of the two that are kept.")
  private static let termField = Field(
    "term", .described("a term's name"), "Where the loss is a list: of which term.")
  private static let classField = Field(
    "class", .described("a class's name, or its number from 0"),
    "Of which class; a name counts before a number.")
  private static let pointsField = Field(
    "max_points", .integer(3...10_000), default: 1_000,
    "Of each class at most; 1,000 are kept, fewer of more than four classes.")

  private static func evaluation(_ service: Service, _ call: Call) async throws -> KeptEvaluation {
    let run = try await service.run(call)
    let (name, choice) = try call.query.read { reader in
      (
        reader.string(partField.name, in: ["validation", "test"]),
        KeptEvaluation.Choice(rawValue: reader.choice(choiceField)) ?? .newest
      )
    }
    do {
      return try await service.runs.evaluation(
        of: run, part: name.flatMap(EvaluationRecord.Part.init), term: call.query[termField], choice
      )
    } catch let faults as Faults {
      throw Problem(query: faults)
    }
  }

  private static func index(of name: String, _ evaluation: KeptEvaluation) throws -> Int {
    if let index = evaluation.classNames.firstIndex(of: name) { return index }
    if let index = Int(name), (0..<evaluation.details.classes).contains(index) { return index }
    let known = evaluation.classNames
    var faults = Faults()
    faults.add(
      "/class",
      "there is no class \"\(name.prefix(80))\"\(nearest(name, among: known)); the classes are: "
        + known.prefix(60).joined(separator: ", ") + (known.count > 60 ? ", …" : ""))
    throw Problem(query: faults)
  }
}
