import HTTP
import JSON
import Runs
import Store
import Training

/// Scalar series, step by step.
enum SeriesEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/runs/{id}/metrics", operationID: "getMetrics", tag: .observations,
      summary: "Scalar series: losses, rates, accuracies",
      description: """
        As application/x-npy an array of rows `[series, step, value, seconds]`, the series by their place in the JSON \
        answer from 0.
        """,
      query: [names] + StepRange.fields,
      answers: [
        Answer(
          status: 200, summary: "The series; whole, as lines, for text/csv and ndjson.",
          content: [
            (MediaType.json, .reference("Metrics")), (MediaType.csv, .string),
            (MediaType.lines, .string), (MediaType.npy, .bytes), (Pictures.svg, .string),
            (MediaType.text, .string),
          ])
      ], problems: [.notAcceptable]
    ) { service, call in
      let run = try await service.run(call)
      let range = try StepRange(call.query)
      let type = try call.negotiate(
        [MediaType.json, MediaType.csv, MediaType.lines, MediaType.npy] + Pictures.types)
      let wanted = try await series(of: run, call, service)
      let source = SeriesSource(store: service.store, run: run, range: range)
      let isLines = type == MediaType.csv || type == MediaType.lines
      if !isLines || range.limit != nil {
        var thinned: [(String, [PointRecord])] = []
        for name in wanted { thinned.append((name, try await source.thinned(name))) }
        if Pictures.types.contains(type) { return Pictures.series(run, thinned, type) }
        if type == MediaType.json { return json(thinned) }
        if type == MediaType.npy { return npy(thinned) }
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
    }
  ]

  private static let names = Field(
    "names", .described("names, separated by commas"), "Which series; all when left out.")
  // MARK: - Metrics

  private static let columns = ["series", "step", "value", "seconds"]

  private static func series(
    of run: RunRecord, _ call: Call, _ service: Service
  ) async throws -> [String] {
    let known = try await service.store.history.seriesNames(run.id)
    return try call.query.names(
      names, among: known, of: "the series are", unless: { mayBegin($0, run) }) ?? known
  }

  /// Whether a series that isn't there may still come, or would have come: those are empty.
  private static func mayBegin(_ name: String, _ run: RunRecord) -> Bool {
    let base = name.split(separator: ".").first.map(String.init) ?? name
    let known = [
      "train_loss", "train_penalty", "learning_rate", "gradient_norm", "epoch_loss",
      "validation_loss", "test_loss",
      "loss_weight",
      "gradient_cosine", "gradient_variance", "gradient_noise_scale", "gradient_conflict",
    ]
    if known.contains(base) { return true }
    return ["train_", "validation_", "test_"].contains { part in
      base.hasPrefix(part) && MetricCatalog.isSeries(String(base.dropFirst(part.count)))
    }
  }

  private static func row(_ name: String, _ point: PointRecord) -> [JSON] {
    [
      .string(name), .integer(point.step), point.value.map(JSON.number) ?? .null,
      .number(point.seconds),
    ]
  }

  private static func npy(_ series: [(String, [PointRecord])]) -> Response {
    .npy(
      series.enumerated().flatMap { index, series in
        series.1.map { [Double(index), Double($0.step), $0.value ?? .nan, $0.seconds] }
      }, columns: 4)
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
}
