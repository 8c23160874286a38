import HTTP
import JSON
import Runs
import Store

/// What a trained model answers.
enum InferenceEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .post, path: "/v1/runs/{id}/predictions", operationID: "createPredictions",
      tag: .observations, summary: "A model's outputs for inputs",
      description: """
        Inputs are as they were uploaded: what the import did to the training data is done to them \
        too. Rows of a table are arrays of the feature columns' values, or objects by their names. \
        An array file of NumPy is taken too. With several inputs an example is an object by their names, \
        and an npz archive has an array for each; with several outputs the answer is an object by theirs. \
        A run on a graph is asked of its vertices by their numbers, or of all.
        """,
      query: [WeightsEndpoints.checkpoint],
      body: BodyDescription(
        content: [
          (MediaType.json, .reference("PredictionRequest")), (MediaType.npy, .bytes),
          (MediaType.npz, .bytes),
        ]),
      answers: [.json(200, "One output an input.", .reference("Predictions"))],
      problems: [.conflict],
      audience: .scope(.read)
    ) { service, call in
      let run = try await service.run(call)
      let checkpoint = try WeightsEndpoints.checkpoint(of: call)
      if call.mediaType == MediaType.npy {
        let bytes = try await call.request.body.collect(upTo: BodyLimit.inputs)
        return .json(try await service.runs.predict(run.id, npy: bytes, checkpoint: checkpoint))
      }
      if call.mediaType == MediaType.npz || call.mediaType == MediaType.zip {
        let bytes = try await call.request.body.collect(upTo: BodyLimit.inputs)
        return .json(try await service.runs.predict(run.id, npz: bytes, checkpoint: checkpoint))
      }
      var body = try await call.json(limit: BodyLimit.inputs).json
      // The body's own word counts more than the address's.
      if let checkpoint, case .object(var object) = body, object["checkpoint"] == nil {
        object["checkpoint"] = .string(checkpoint)
        body = .object(object)
      }
      return .json(try await service.runs.predict(run.id, body: body))
    },
    Endpoint(
      method: .post, path: "/v1/runs/{id}/evaluations", operationID: "createEvaluation",
      tag: .observations, summary: "A model's loss and metrics on any dataset",
      description: """
        With the run's own metrics and accuracy where `metrics` is left out, each where it suits. The weights are those of \
        `checkpoint`, the latest when left out. Nothing of it is kept.
        """,
      body: .json(.reference("EvaluationRequest")),
      answers: [.json(200, "What it is worth.", .reference("Evaluation"))], problems: [.conflict],
      audience: .scope(.read)
    ) { service, call in
      let run = try await service.run(call)
      let body = try await call.json()
      return .json(try await service.runs.evaluate(run.id, body: body.json))
    },
  ]
}
