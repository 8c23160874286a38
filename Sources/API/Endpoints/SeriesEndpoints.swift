import HTTP
import JSON
import Runs
import Store

/// Scalar series and gradient norms, step by step.
enum SeriesEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/runs/{id}/metrics", operationID: "getMetrics", tag: .observations,
      summary: "Scalar series: losses, rates, accuracies",
      query: [names] + StepRange.fields,
      answers: [
        Answer(
          status: 200, summary: "The series; whole, as lines, for text/csv and ndjson.",
          content: [
            (MediaType.json, .reference("Metrics")), (MediaType.csv, .string),
            (MediaType.lines, .string),
          ])
      ], problems: [.notAcceptable]
    ) { service, call in
      let run = try await service.run(call)
      let range = try StepRange(call.query)
      let type = try call.negotiate([MediaType.json, MediaType.csv, MediaType.lines])
      let wanted = try await series(of: run, call, service)
      let source = SeriesSource(store: service.store, run: run, range: range)
      if type == MediaType.json || range.limit != nil {
        var thinned: [(String, [PointRecord])] = []
        for name in wanted { thinned.append((name, try await source.thinned(name))) }
        if type == MediaType.json { return json(thinned) }
        return .lines(type, columns: columns) { [thinned] write in
          for (name, points) in thinned {
            for point in points { try await write(row(name, point)) }
          }
        }
      }
      return .lines(type, columns: columns) { write in
        for name in wanted {
          try await source.forEachPage(name) { page in
            for point in page { try await write(row(name, point)) }
          }
        }
      }
    },
    Endpoint(
      method: .get, path: "/v1/runs/{id}/gradients", operationID: "getGradients",
      tag: .observations, summary: "The norm of every parameter's gradient, step by step",
      description: """
        Of the loss of each step's batch, before clipping unless `stage=clipped`. A norm that isn't \
        finite is null beside the count of elements that aren't.
        """,
      query: [layers, stage] + StepRange.fields,
      answers: [
        Answer(
          status: 200, summary: "One series a parameter; whole, as lines, for text/csv and ndjson.",
          content: [
            (MediaType.json, .reference("Gradients")), (MediaType.csv, .string),
            (MediaType.lines, .string),
          ])
      ], problems: [.notAcceptable]
    ) { service, call in
      let run = try await service.run(call)
      let range = try StepRange(call.query)
      let isClipped = try call.query.read { $0.choice(stage) } == "clipped"
      let type = try call.negotiate([MediaType.json, MediaType.csv, MediaType.lines])
      let parameters = try await parameters(of: run, call, service)
      let source = GradientSource(
        store: service.store, run: run, range: range, isClipped: isClipped, parameters: parameters)
      if type == MediaType.json || range.limit != nil {
        let thinned = try await source.thinned()
        if type == MediaType.json { return json(parameters, thinned) }
        return .lines(type, columns: gradientColumns) { write in
          for (parameter, points) in zip(parameters, thinned) {
            for point in points { try await write(row(parameter.name, point)) }
          }
        }
      }
      return .lines(type, columns: gradientColumns) { write in
        try await source.forEachPage { page in
          for (step, entries) in page {
            for (parameter, entry) in zip(parameters, entries) {
              guard let entry else { continue }
              try await write(row(parameter.name, GradientPoint(step: step, summary: entry)))
            }
          }
        }
      }
    },
  ]

  private static let names = Field(
    "names", .described("names, separated by commas"), "Which series; all when left out.")
  private static let layers = Field(
    "layers", .described("names, separated by commas"),
    "Which layers or parameters; all when left out.")
  private static let stage = Field(
    "stage", .choice(["raw", "clipped"]), default: "raw", "Before clipping or after.")

  // MARK: - Metrics

  private static let columns = ["series", "step", "value", "seconds"]

  private static func series(
    of run: RunRecord, _ call: Call, _ service: Service
  ) async throws -> [String] {
    let known = try await service.store.history.seriesNames(run.id)
    guard let wanted = call.query.names(names) else { return known }
    // A series that has no point yet is empty; what it's called isn't checked against a list.
    return wanted
  }

  private static func row(_ name: String, _ point: PointRecord) -> [JSON] {
    [
      .string(name), .integer(point.step), point.value.map(JSON.number) ?? .null,
      .number(point.seconds),
    ]
  }

  private static func json(_ series: [(String, [PointRecord])]) -> Response {
    .json([
      "series": .array(
        series.map { name, points in
          [
            "name": .string(name),
            "points": .array(points.map { .array(Array(row(name, $0).dropFirst())) }),
          ]
        })
    ])
  }

  // MARK: - Gradients

  private static let gradientColumns = [
    "parameter", "step", "l2", "max_abs", "mean", "nonfinite",
  ]

  private static func parameters(
    of run: RunRecord, _ call: Call, _ service: Service
  ) async throws -> [ChosenParameter] {
    let all = try await service.store.history.parameters(run.id)
    guard let wanted = call.query.names(layers) else {
      return all.enumerated().map { ChosenParameter($1, at: $0) }
    }
    var faults = Faults()
    let known = all.flatMap { [$0.layer, $0.name] }
    for name in wanted where !all.isEmpty && !known.contains(name) {
      faults.add(
        "/layers", "\"\(name.prefix(80))\" is no layer or parameter\(nearest(name, among: known))")
    }
    if !faults.isEmpty { throw Problem(query: faults) }
    return all.enumerated()
      .filter { wanted.contains($1.layer) || wanted.contains($1.name) }
      .map { ChosenParameter($1, at: $0) }
  }

  private static func row(_ name: String, _ point: GradientPoint) -> [JSON] {
    let summary = point.summary
    return [
      .string(name), .integer(point.step), number(summary.norm), number(summary.largest),
      number(summary.mean), .integer(Int(summary.nonFinite)),
    ]
  }

  /// A float with the digits that tell it from other floats.
  private static func number(_ value: Float) -> JSON {
    value.isFinite ? .number(Double(value.description) ?? Double(value)) : .null
  }

  private static func json(
    _ parameters: [ChosenParameter], _ points: [[GradientPoint]]
  ) -> Response {
    .json([
      "layers": .array(
        zip(parameters, points).map { parameter, points in
          [
            "layer": .string(parameter.layer), "parameter": .string(parameter.name),
            "points": .array(points.map { .array(Array(row(parameter.name, $0).dropFirst())) }),
          ]
        })
    ])
  }
}
