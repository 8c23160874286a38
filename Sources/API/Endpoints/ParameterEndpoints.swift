import HTTP
import JSON
import Runs
import Store
import Training

/// What every step leaves of each parameter: its gradient, its weights and how far they moved.
enum ParameterEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/runs/{id}/gradients", operationID: "getGradients",
      tag: .observations, summary: "The norm of every parameter's gradient, step by step",
      description: """
        Of the loss of each step's batch, before clipping unless `stage=clipped`. A norm that isn't \
        finite is null beside the count of elements that aren't. Figures have 21 significant bits. As \
        application/x-npy rows of `[parameter, step, l2, max_abs, mean, nan, pos_inf, neg_inf]`, parameters by their \
        place in the JSON answer from 0.
        """,
      query: [layers, stage] + StepRange.fields,
      answers: [answer("Gradients")], problems: [.notAcceptable]
    ) { service, call in
      let run = try await service.run(call)
      let range = try StepRange(call.query)
      let isClipped = try call.query.read { $0.choice(stage) } == "clipped"
      let parameters = try await parameters(of: run, call, service)
      let table = ParameterTable(
        source: .gradients(service.store, run, range, isClipped: isClipped, parameters),
        title: "gradient norms",
        columns: ["l2", "max_abs", "mean", "nonfinite", "nan", "pos_inf", "neg_inf"],
        fields: gradientFields)
      return try await table.answer(call, gradientMembers)
    },
    Endpoint(
      method: .get, path: "/v1/runs/{id}/updates", operationID: "getUpdates",
      tag: .observations, summary: "How large every parameter is, and how far each step moves it",
      description: """
        The L2 norm of the weights before the step, that of the update, and the ratio of the two. As \
        application/x-npy rows of `[parameter, step, weight_l2, update_l2, ratio]`.
        """,
      query: [layers] + StepRange.fields, answers: [answer("Updates")], problems: [.notAcceptable]
    ) { service, call in
      let run = try await service.run(call)
      let range = try StepRange(call.query)
      let parameters = try await parameters(of: run, call, service)
      let table = ParameterTable(
        source: .updates(service.store, run, range, parameters),
        title: "update over weight", shown: 2, columns: ["weight_l2", "update_l2", "ratio"],
        fields: updateFields)
      return try await table.answer(call) { points in
        JSONObject([("points", .array(points.map { JSON.array($0) }))])
      }
    },
  ]

  @Sendable private static func gradientFields(_ summary: GradientSummary) -> [JSON] {
    let counts = summary.counts
    return [
      number(summary.norm), number(summary.largest), number(summary.mean),
      .integer(summary.nonFinite), .integer(Int(counts.nan)), .integer(Int(counts.positive)),
      .integer(Int(counts.negative)),
    ]
  }

  /// The counts of each kind stand apart, at the steps that have some.
  private static func gradientMembers(_ points: [[JSON]]) -> JSONObject {
    let counted = points.filter { ($0[4].integer ?? 0) > 0 }
    return JSONObject([
      ("points", .array(points.map { JSON.array(Array($0.prefix(5))) })),
      ("nonfinite", .array(counted.map { JSON.array([$0[0]] + Array($0[5...7])) })),
    ])
  }

  @Sendable private static func updateFields(_ summary: UpdateSummary) -> [JSON] {
    [number(summary.weightNorm), number(summary.updateNorm), number(summary.ratio)]
  }

  private static func answer(_ schema: String) -> Answer {
    Answer(
      status: 200, summary: "One series a parameter; whole, as lines, for text/csv and ndjson.",
      content: [
        (MediaType.json, .reference(schema)), (MediaType.csv, .string), (MediaType.lines, .string),
        (MediaType.npy, .bytes), (Pictures.svg, .string), (MediaType.text, .string),
      ])
  }

  private static let layers = Field(
    "layers", .described("names, separated by commas"),
    "Which layers or parameters; all when left out.")
  private static let stage = Field(
    "stage", .choice(["raw", "clipped"]), default: "raw", "Before clipping or after.")

  private static func parameters(
    of run: RunRecord, _ call: Call, _ service: Service
  ) async throws -> [ChosenParameter] {
    let all = try await service.store.history.parameters(run.id)
    let wanted = try call.query.names(
      layers, among: all.flatMap { [$0.layer, $0.name] }, listed: all.map(\.name),
      of: "the parameters are", unless: { _ in all.isEmpty })
    return all.enumerated()
      .filter { wanted?.contains($1.layer) ?? true || wanted?.contains($1.name) ?? true }
      .map { ChosenParameter($1, at: $0) }
  }

  /// A float with the digits that tell it from other floats.
  private static func number(_ value: Float) -> JSON {
    value.isFinite ? .number(Double(value.description) ?? Double(value)) : .null
  }
}

/// A source's points in whichever form the client accepts.
private struct ParameterTable<Entry: Sendable>: Sendable {
  let source: ParameterSource<Entry>
  /// What pictures show, and in which of the columns it is.
  let title: String
  var shown = 0
  /// Beside parameter and step.
  let columns: [String]
  let fields: @Sendable (Entry) -> [JSON]

  /// - Parameter members: of a parameter's part of the JSON answer, from its points: the step and the fields.
  func answer(_ call: Call, _ members: ([[JSON]]) -> JSONObject) async throws -> Response {
    let type = try call.negotiate(
      [
        MediaType.json, MediaType.csv, MediaType.lines, MediaType.npy,
      ] + Pictures.types)
    let parameters = source.parameters
    let isLines = type == MediaType.csv || type == MediaType.lines
    if !isLines || source.range.limit != nil {
      let thinned = try await source.thinned()
      switch type {
      case MediaType.json: return json(thinned, members)
      case MediaType.npy: return npy(thinned)
      case Pictures.svg, MediaType.text:
        return Pictures.norms(
          source.run, parameters.map(\.name),
          thinned.map { $0.map { ($0.step, fields($0.entry)[shown].double ?? .nan) } }, title, type)
      default:
        return .lines(type, columns: ["parameter", "step"] + columns) { write in
          for (parameter, points) in zip(parameters, thinned) {
            for (step, entry) in points {
              try await write([.string(parameter.name), .integer(step)] + fields(entry))
            }
          }
        }
      }
    }
    return .lines(type, columns: ["parameter", "step"] + columns) { write in
      try await source.forEachPage { page in
        for (step, entries) in page {
          for (parameter, entry) in zip(parameters, entries) {
            guard let entry else { continue }
            try await write([.string(parameter.name), .integer(step)] + fields(entry))
          }
        }
      }
    }
  }

  private func json(
    _ thinned: [[(step: Int, entry: Entry)]], _ members: ([[JSON]]) -> JSONObject
  ) -> Response {
    .json([
      "layers": .array(
        zip(source.parameters, thinned).map { parameter, points in
          var object = JSONObject([
            ("layer", .string(parameter.layer)), ("parameter", .string(parameter.name)),
          ])
          let rows = points.map { [.integer($0.step)] + fields($0.entry) }
          for (name, value) in members(rows).members { object[name] = value }
          return .object(object)
        })
    ])
  }

  private func npy(_ thinned: [[(step: Int, entry: Entry)]]) -> Response {
    let kept = columns.indices.filter { columns[$0] != "nonfinite" }
    let rows = thinned.enumerated().flatMap { index, points in
      points.map { step, entry in
        let values = fields(entry)
        return [Double(index), Double(step)] + kept.map { values[$0].double ?? .nan }
      }
    }
    return .npy(rows, columns: kept.count + 2)
  }
}
