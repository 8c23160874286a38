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
      query: [layer, StepRange.first, StepRange.last],
      answers: [.json(200, "By layer and step.", .reference("Activations"))]
    ) { service, call in
      let run = try await service.run(call)
      let range = try StepRange(call.query)
      let stored = try await service.store.history.activations(
        run.id, layer: call.query[layer], from: range.from, through: range.through, limit: most)
      let rows = try stored.map { record -> JSON in
        var object = JSONObject([("layer", .string(record.layer)), ("step", .integer(record.step))])
        for (name, value) in try JSON(parsing: record.data).object?.members ?? [] {
          object[name] = value
        }
        return .object(object)
      }
      return .json(["activations": .array(rows)])
    }
  ]

  /// Rows of an answer at most.
  private static let most = 10_000
  private static let layer = Field("layer", .described("a name"), "One layer; all when left out.")
}
