import HTTP
import JSON
import Runs

/// The model that a run trains.
enum RunModelEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/runs/{id}/model", operationID: "getRunModel", tag: .runs,
      summary: "The model that a run trains, with the shapes of its layers",
      description: "Whether it came with the run or by its id: a run keeps its own.",
      headers: [.ifNoneMatch],
      answers: [
        .json(200, "The model.", .reference("RunModel"), headers: [Answer.etag]), .notModified,
      ]
    ) { service, call in
      let model = try service.runs.model(of: await service.run(call))
      let json: JSON = [
        "spec": model.spec.json,
        "summary": try ModelPresentation.summary(model, batchSize: nil),
      ]
      return call.tagged(json.encoded(), mediaType: MediaType.json)
    }
  ]
}
