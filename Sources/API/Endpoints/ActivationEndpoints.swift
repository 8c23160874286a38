import HTTP
import JSON
import Runs
import Store

/// What layers' outputs look like, and the error signal there.
enum ActivationEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/runs/{id}/activations", operationID: "getActivations",
      tag: .observations, summary: "Mean, spread, saturated and dead fractions of layers' outputs",
      description: """
        By layer and step; a history longer than `max_points` is thinned, and keeps the steps of the least and the \
        largest spread. As application/x-npy an array of rows of the layer's place among those named (from 0, by name), \
        the step, and the columns of the text/csv.
        """,
      query: [layer] + StepRange.fields,
      answers: [
        Answer(
          status: 200, summary: "By layer and step; whole, as lines, for text/csv and ndjson.",
          content: [
            (MediaType.json, .reference("Activations")), (MediaType.csv, .string),
            (MediaType.lines, .string), (MediaType.npy, .bytes),
          ])
      ], problems: [.notAcceptable]
    ) { service, call in
      let run = try await service.run(call)
      let range = try StepRange(call.query)
      let type = try call.negotiate(
        [MediaType.json, MediaType.csv, MediaType.lines, MediaType.npy])
      let known = try await service.store.history.activationLayers(run.id)
      let layers = try call.query.names(
        layer, among: known, of: "the layers with statistics are", unless: { _ in known.isEmpty })
      let source = ActivationSource(
        store: service.store, run: run, range: range, layers: layers ?? known)
      let isLines = type == MediaType.csv || type == MediaType.lines
      if isLines, range.limit == nil {
        return .lines(type, columns: columns) { write in
          for layer in source.layers {
            try await source.forEachPage(layer) { page in
              for point in page { try await write(row(layer, point)) }
            }
          }
        }
      }
      let thinned = try await source.thinned()
      if isLines {
        return .lines(type, columns: columns) { write in
          for (layer, points) in thinned {
            for point in points { try await write(row(layer, point)) }
          }
        }
      }
      return type == MediaType.npy ? npy(thinned) : json(thinned)
    }
  ]

  private static let layer = Field(
    "layer", .described("names, separated by commas"), "Which layers; all when left out.")
  private static let columns = ["layer", "step"] + ActivationPoint.columnNames

  private static func row(_ layer: String, _ point: ActivationPoint) -> [JSON] {
    [.string(layer), .integer(point.step)] + ActivationPoint.columns.map { point[$0] }
  }

  private static func json(_ thinned: [(layer: String, points: [ActivationPoint])]) -> Response {
    .json([
      "activations": .array(
        thinned.flatMap { layer, points in
          points.map { point in
            var object = JSONObject([("layer", .string(layer)), ("step", .integer(point.step))])
            for (name, value) in point.members.members { object[name] = value }
            return .object(object)
          }
        })
    ])
  }

  private static func npy(_ thinned: [(layer: String, points: [ActivationPoint])]) -> Response {
    .npy(
      thinned.enumerated().flatMap { index, series in
        series.points.map { point in
          [Double(index), Double(point.step)]
            + ActivationPoint.columns.map { point[$0].double ?? .nan }
        }
      }, columns: columns.count)
  }
}
