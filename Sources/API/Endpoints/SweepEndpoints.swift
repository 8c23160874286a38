import HTTP
import JSON
import Runs
import Store

/// Sweeps: many runs of one request, that differ in some places of it.
enum SweepEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/sweeps", operationID: "listSweeps", tag: .sweeps,
      summary: "The sweeps, newest first", query: Paging.fields,
      answers: [.json(200, "A page of them.", .reference("SweepPage"), headers: [Answer.link])]
    ) { service, call in
      let paging = try Paging(call.query)
      let sweeps = try await service.store.sweeps.list(
        limit: paging.fetch, before: paging.cursor { SweepID($0) })
      var rows: [JSON] = []
      for sweep in sweeps.prefix(paging.limit) {
        rows.append(try await SweepPresentation.json(sweep, service))
      }
      let next = sweeps.count > paging.limit ? sweeps[paging.limit - 1].id.rawValue : nil
      return paging.page(rows, call: call, next: next)
    },
    Endpoint(
      method: .post, path: "/v1/sweeps", operationID: "createSweep", tag: .sweeps,
      summary: "Queue runs that differ in some places of one request",
      description: """
        `run` is what `POST /v1/runs` takes; `parameters` has a JSON pointer into it for each place, with the `values` to try there, \
        or `min` and `max` (`scale`: `linear` or `log`, `type`: `number` or `integer`). A grid tries every combination of values, \
        `random` draws as many `runs` as are asked for by the `seed`. All runs are checked before any is queued; each has the tag `sweep`. \
        `goal` says by which series they are compared: `validation_loss` when it is left out, or else `train_loss`.
        """,
      headers: [.idempotencyKey],
      body: .json(.reference("SweepRequest"), example: example),
      answers: [.json(202, "The sweep.", .reference("Sweep"), headers: [Answer.location])],
      problems: [.conflict, .queueFull]
    ) { service, call in
      let body = try await call.json()
      return try await service.idempotently(call, body: body.bytes) { id in
        guard let id = SweepID(id), let sweep = try await service.store.sweeps.get(id) else {
          return nil
        }
        return try await accepted(sweep, service)
      } _: {
        try await accepted(service.runs.sweep(body.json), service)
      }
    },
    Endpoint(
      method: .get, path: "/v1/sweeps/{id}", operationID: "getSweep", tag: .sweeps,
      summary: "How far a sweep is, and its best run so far", headers: [.ifNoneMatch],
      answers: [
        .json(200, "The sweep.", .reference("Sweep"), headers: [Answer.presentETag]), .notModified,
      ]
    ) { service, call in
      let json = try await SweepPresentation.json(service.sweep(call), service)
      return call.tagged(json.encoded(), mediaType: MediaType.json)
    },
    Endpoint(
      method: .get, path: "/v1/sweeps/{id}/runs", operationID: "listSweepRuns", tag: .sweeps,
      summary: "The runs of a sweep, in the order in which they were queued", query: Paging.fields,
      answers: [
        .json(200, "A page of them.", .reference("SweepRunPage"), headers: [Answer.link])
      ]
    ) { service, call in
      let sweep = try await service.sweep(call)
      let paging = try Paging(call.query)
      let runs = try await service.store.sweeps.runs(
        of: sweep, limit: paging.fetch, after: paging.cursor { Int($0) })
      return try paging.page(runs, call: call, id: { "\($0.position)" }, SweepPresentation.json)
    },
    Endpoint(
      method: .post, path: "/v1/sweeps/{id}:cancel", operationID: "cancelSweep", tag: .sweeps,
      summary: "Cancel the runs of a sweep that aren't over",
      answers: [.json(200, "The sweep.", .reference("Sweep"))]
    ) { service, call in
      let sweep = try await service.sweep(call)
      try await service.runs.cancelSweep(sweep)
      return .json(try await SweepPresentation.json(sweep, service))
    },
    Endpoint(
      method: .delete, path: "/v1/sweeps/{id}", operationID: "deleteSweep", tag: .sweeps,
      summary: "Forget a sweep whose runs are over; they stay", answers: [.deleted],
      problems: [.conflict]
    ) { service, call in
      try await service.runs.deleteSweep(service.sweep(call))
      return .noContent
    },
  ]

  private static func accepted(_ sweep: SweepRecord, _ service: Service) async throws -> Response {
    .json(
      try await SweepPresentation.json(sweep, service), status: 202,
      headers: [("Location", "/v1/sweeps/\(sweep.id)")])
  }

  private static let example: JSON = [
    "name": "learning rates",
    "run": [
      "model": "mdl_01KB7C9Q0V8R6N3Y5T2W4X1Z0M", "dataset": "ds_01KB7C8F4H2J9K6M3N5P7Q1R0S",
      "training": [
        "epochs": 5, "batch_size": 64, "loss": "cross_entropy",
        "optimizer": ["type": "adam", "learning_rate": 0.001], "validation": ["fraction": 0.1],
      ],
    ],
    "parameters": [
      "/training/optimizer/learning_rate": ["min": 0.0001, "max": 0.1, "scale": "log"],
      "/training/batch_size": ["values": [32, 64]],
    ],
    "method": "random", "runs": 20, "seed": 7,
  ]
}
