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
      let body = try await call.json(limit: BodyLimit.document)
      return try await service.idempotently(call, body: body.bytes) {
        let (record, model) = try await service.models.create(body.json)
        let summary = try ModelPresentation.summary(model, batchSize: nil)
        return .json(
          try ModelPresentation.json(record, summary: summary), status: 201,
          headers: [("Location", "/v1/models/\(record.id)")])
      }
    },
    Endpoint(
      method: .post, path: "/v1/models:validate", operationID: "validateModel", tag: .models,
      summary: "What a spec would build, without keeping it",
      query: [batchSize],
      body: .json(.reference("ModelSpec"), example: exampleSpec),
      answers: [
        .json(
          200, "Shapes, parameters and costs, and the memory of a training.",
          .reference("ModelSummary"))
      ]
    ) { service, call in
      let batch = try call.query.read { $0.integer(batchSize) }
      let body = try await call.json(limit: BodyLimit.document)
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
      let record = try await service.model(call)
      let model = try service.models.model(record)
      let json = try ModelPresentation.json(
        record, summary: ModelPresentation.summary(model, batchSize: batch))
      return try call.immutable(json.encoded(), mediaType: MediaType.json)
    },
    Endpoint(
      method: .delete, path: "/v1/models/{id}", operationID: "deleteModel", tag: .models,
      summary: "Delete a model; runs keep the spec they began with", answers: [.deleted]
    ) { service, call in
      try await service.models.delete(service.model(call).id)
      return .noContent
    },
  ]

  private static let batchSizes = 1...65_536
  private static let batchSize = Field(
    "batch_size", .integer(batchSizes), default: 32, "The batch whose training memory is planned.")
  private static let optionalBatchSize = Field(
    "batch_size", .integer(batchSizes), "The batch whose training memory is planned.")

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
