import HTTP
import JSON
import NeuralNetworks
import Runs
import Store

/// Specs of networks: checked whole, kept, and told what they would cost.
enum ModelEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/models", operationID: "listModels", tag: .models,
      summary: "The models, newest first", query: Paging.fields,
      answers: [
        .json(200, "A page of them.", .reference("ModelPage"), headers: [Answer.link])
      ]
    ) { service, call in
      let paging = try Paging(call.query)
      let models = try await service.models.list(
        limit: paging.fetch, before: paging.cursor { ModelID($0) })
      return try paging.page(models, call: call, id: { $0.id.rawValue }) {
        try ModelPresentation.json($0, summary: nil)
      }
    },
    Endpoint(
      method: .post, path: "/v1/models", operationID: "createModel", tag: .models,
      summary: "Check a spec and keep it",
      description: """
        Every fault of the spec is answered at once, each with its place; a shape that doesn't fit \
        names the layer, both shapes and the rule.
        """,
      headers: [.idempotencyKey],
      body: .json(.reference("ModelSpec"), example: exampleSpec),
      answers: [.json(201, "The model.", .reference("Model"), headers: [Answer.location])],
      problems: [.conflict]
    ) { service, call in
      let body = try await call.json()
      return try await service.idempotently(call, body: body.bytes) { id in
        guard let id = ModelID(id), let record = try await service.store.models.get(id) else {
          return nil
        }
        return try created(record, service.models.model(record))
      } _: {
        let (record, model) = try await service.models.create(body.json)
        return try created(record, model)
      }
    },
    Endpoint(
      method: .post, path: "/v1/models:validate", operationID: "validateModel", tag: .models,
      summary: "What a spec would build, without keeping it",
      description: """
        With a dataset also a preflight: one real forward and backward pass and the update after it, as step 1 of a \
        run would take it, with the norm of every gradient, weight and update, what the layers' outputs look like, and \
        how gradients change over depth. The body is a spec, and `dataset` says of what data (the loss is then \
        cross-entropy for classes, else the mean squared error, and the optimizer Adam); or it is a run's body, with \
        `model`, `dataset` and `training`.
        """,
      query: [batchSize, dataset],
      body: .json(
        Schema.anyOf([.reference("ModelSpec"), .reference("RunRequest")]), example: exampleSpec),
      answers: [
        .json(
          200, "Shapes, parameters and costs, the memory of a training, and the preflight.",
          .reference("ModelSummary"))
      ], problems: [.queueFull, .draining],
      audience: .scope(.read)
    ) { service, call in
      let (batch, named) = try call.query.read { ($0.integer(batchSize), $0.string(dataset.name)) }
      let body = try await call.json()
      if body.json["model"] != nil {
        if named != nil {
          let detail = "contradicts the body, which is a run's and names its own"
          throw Problem(query: Faults([Fault(pointer: "/dataset", detail: detail)]))
        }
        return try await preflight(body.json, service)
      }
      if let named {
        guard let id = DatasetID(named) else {
          let detail = "\"\(named.prefix(80))\" is no dataset's id; give ds_…"
          throw Problem(query: Faults([Fault(pointer: "/dataset", detail: detail)]))
        }
        // Faults of the spec have their place in it, not in the run made of it.
        _ = try service.models.validate(body.json)
        return try await preflight(
          service.runs.preflightBody(spec: body.json, dataset: id, batchSize: batch), service)
      }
      let model = try service.models.validate(body.json)
      return .json(try ModelPresentation.summary(model, batchSize: batch))
    },
    Endpoint(
      method: .get, path: "/v1/models/{id}", operationID: "getModel", tag: .models,
      summary: "One model", query: [optionalBatchSize], headers: [.ifNoneMatch],
      answers: [
        .json(200, "The model.", .reference("Model"), headers: [Answer.etag]), .notModified,
      ]
    ) { service, call in
      let batch = try call.query.read { $0.integer(optionalBatchSize.name, in: batchSizes) }
      let json = try shown(await service.model(call), batchSize: batch, service)
      return call.tagged(json.encoded(), mediaType: MediaType.json)
    },
    Endpoint(
      method: .delete, path: "/v1/models/{id}", operationID: "deleteModel", tag: .models,
      summary: "Delete a model; runs keep the spec they began with", headers: [.ifMatch],
      answers: [.deleted]
    ) { service, call in
      let model = try await service.model(call)
      try call.check(EntityTag.of(shown(model, batchSize: nil, service).encoded()))
      try await service.models.delete(model.id)
      return .noContent
    },
  ]

  private static func shown(
    _ record: ModelRecord, batchSize: Int?, _ service: Service
  ) throws -> JSON {
    let model = try service.models.model(record)
    return try ModelPresentation.json(
      record, summary: ModelPresentation.summary(model, batchSize: batchSize))
  }

  private static let batchSizes = 1...65_536
  private static let batchSize = Field(
    "batch_size", .integer(batchSizes), default: 32, "The batch whose training memory is planned.")
  private static let dataset = Field(
    "dataset", .described("a dataset's id"), "The data of a preflight.")

  private static func preflight(_ body: JSON, _ service: Service) async throws -> Response {
    let (model, report, batch) = try await service.runs.preflight(body)
    guard
      case .object(var object) = try ModelPresentation.summary(model, batchSize: batch)
    else { return .json(report) }
    object["preflight"] = report
    return .json(.object(object))
  }

  private static let optionalBatchSize = Field(
    "batch_size", .integer(batchSizes), "The batch whose training memory is planned.")

  private static func created(_ record: ModelRecord, _ model: Model) throws -> Response {
    let summary = try ModelPresentation.summary(model, batchSize: nil)
    return .json(
      try ModelPresentation.json(record, summary: summary), status: 201,
      headers: [("Location", "/v1/models/\(record.id)")])
  }

  private static let exampleSpec: JSON = [
    "name": "digits",
    "input": ["shape": [1, 8, 8]],
    "layers": [
      ["type": "conv2d", "filters": 16, "kernel": 3, "activation": "relu"],
      ["type": "max_pool2d", "size": 2],
      ["type": "flatten"],
      ["type": "dense", "units": 10],
    ],
  ]
}
