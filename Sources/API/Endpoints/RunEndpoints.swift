import HTTP
import JSON
import Runs
import Store

/// Trainings: queued, watched, ended.
enum RunEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/runs", operationID: "listRuns", tag: .runs,
      summary: "The runs, newest first", query: Paging.fields + [state, sort],
      answers: [.json(200, "A page of them.", .reference("RunPage"), headers: [Answer.link])],
      isQuick: true
    ) { service, call in
      try await list(service, call)
    },
    Endpoint(
      method: .post, path: "/v1/runs", operationID: "createRun", tag: .runs,
      summary: "Queue a run",
      description: """
        Answered once the run is on disk: from then on it is not lost, whatever happens to the \
        server. It begins when a worker is free.
        """,
      headers: [.idempotencyKey],
      body: .json(.reference("RunRequest"), example: example),
      answers: [.json(202, "The run.", .reference("Run"), headers: [Answer.location])],
      problems: [.conflict, .queueFull]
    ) { service, call in
      let body = try await call.json()
      return try await service.idempotently(call, body: body.bytes) {
        try await accepted($0, service)
      } _: {
        try await accepted(service.runs.submit(body.json), service)
      }
    },
    Endpoint(
      method: .get, path: "/v1/runs/{id}", operationID: "getRun", tag: .runs, summary: "One run",
      description: """
        With `until`, answers when the condition holds, the run is over, or the time that `Prefer: wait=` gives is up: \
        `until` in the answer says which, with the value of the first term that compares one.
        """,
      query: [RunWaiting.until], headers: [RunWaiting.prefer, .ifNoneMatch],
      answers: [
        .json(200, "The run.", .reference("Run"), headers: [Answer.presentETag]), .notModified,
      ], problems: [.badRequest, .queueFull],
      isQuick: true
    ) { service, call in
      try await RunWaiting.answer(service.run(call), service, call)
    },
    Endpoint(
      method: .patch, path: "/v1/runs/{id}", operationID: "updateRun", tag: .runs,
      summary: "Change a run's name, tags or priority", headers: [.ifMatch],
      body: .json(.reference("RunChange")),
      answers: [.json(200, "The run.", .reference("Run"))], problems: [.conflict]
    ) { service, call in
      let run = try await service.run(call)
      try await checkIsCurrent(run, service, call)
      let body = try await call.json()
      return .json(try await service.runs.json(service.runs.update(run.id, body: body.json)))
    },
    Endpoint(
      method: .delete, path: "/v1/runs/{id}", operationID: "deleteRun", tag: .runs,
      summary: "Delete a run that is over, with all it recorded", headers: [.ifMatch],
      answers: [.deleted], problems: [.conflict]
    ) { service, call in
      let run = try await service.run(call)
      try await checkIsCurrent(run, service, call)
      try await service.runs.delete(run.id)
      return .noContent
    },
    verb("cancel", "End a run as `cancelled`") { try await $0.cancel($1) },
    verb("stop", "End a run now and keep it, with its weights, as `succeeded`") {
      try await $0.stop($1)
    },
    verb("pause", "Let a run wait after its present step") { try await $0.pause($1) },
    Endpoint(
      method: .post, path: "/v1/runs/{id}:resume", operationID: "resumeRun", tag: .runs,
      summary: "Queue a paused run to go on where it was, with what the body changes",
      description: """
        How long, how fast, what is kept and looked at may be changed: `training.epochs` or `steps`, `optimizer` (not its \
        type), `schedule`, `clip`, `gradients`, `early_stopping`, `checkpoint`, `threads`; `observe`, `max_seconds`, `deadline`. Members \
        that aren't named stay (RFC 7396). The run tells of it in `amendments`.
        """,
      body: .json(.reference("RunOverrides"), isRequired: false),
      answers: [.json(200, "The run.", .reference("Run"))], problems: [.conflict]
    ) { service, call in
      let body = try await call.json(default: [:])
      let run = try await service.runs.resume(service.run(call).id, changes: body.json)
      return .json(try await service.runs.json(run), cache: .never)
    },
    Endpoint(
      method: .post, path: "/v1/runs/{id}:clone", operationID: "cloneRun", tag: .runs,
      summary: "Queue a run like this one, with what the body says instead",
      headers: [.idempotencyKey],
      body: .json(.reference("RunOverrides"), isRequired: false),
      answers: [.json(202, "The new run.", .reference("Run"), headers: [Answer.location])],
      problems: [.conflict, .queueFull]
    ) { service, call in
      let body = try await call.json(default: [:])
      return try await service.idempotently(call, body: body.bytes) {
        try await accepted($0, service)
      } _: {
        let id = try await service.run(call).id
        return try await accepted(service.runs.clone(id, overrides: body.json), service)
      }
    },
  ]

  /// - Throws: 412 for a run that isn't any more what `If-Match` says.
  private static func checkIsCurrent(
    _ run: RunRecord, _ service: Service, _ call: Call
  ) async throws {
    if call.header("If-Match") == nil { return }
    let tag = EntityTag.of(try await service.runs.json(run).encoded())
    try call.check(tag)
  }

  private static let sort = Field(
    "sort", .choice(["-created_at", "-vanishing_index", "vanishing_index"]),
    default: "-created_at",
    "By what; a minus sign puts the largest first. Runs without a vanishing index come after those with one, or before."
  )

  private static func runs(
    _ repository: RunRepository, _ order: String, state: RunState?, _ paging: Paging
  ) async throws -> [RunRecord] {
    let cursor = try paging.cursor { RunID($0) }
    if order == "-created_at" {
      return try await repository.list(state: state, limit: paging.fetch, before: cursor)
    }
    return try await repository.listByVanishingIndex(
      falling: order.hasPrefix("-"), state: state, limit: paging.fetch, after: cursor)
  }

  private static let state = Field(
    "state", .choice(RunSchemas.states), "Only runs in this state.")

  private static func list(_ service: Service, _ call: Call) async throws -> Response {
    let paging = try Paging(call.query)
    let wanted = try call.query.read { $0.string(state.name, in: RunSchemas.states) }
    let order = try call.query.read { $0.choice(sort) }
    let runs = try await runs(
      service.store.runs, order, state: wanted.flatMap(RunState.init(rawValue:)), paging)
    var rows: [JSON] = []
    for run in runs.prefix(paging.limit) { rows.append(try await service.runs.json(run)) }
    return paging.page(
      rows, call: call, next: runs.count > paging.limit ? runs[paging.limit - 1].id.rawValue : nil)
  }

  private static func accepted(_ id: String, _ service: Service) async throws -> Response? {
    guard let id = RunID(id), let run = try await service.store.runs.get(id) else { return nil }
    return try await accepted(run, service)
  }

  private static func accepted(_ run: RunRecord, _ service: Service) async throws -> Response {
    .json(
      try await service.runs.json(run), status: 202, headers: [("Location", "/v1/runs/\(run.id)")])
  }

  /// An operation on a run that takes no body.
  private static func verb(
    _ name: String, _ summary: String,
    _ action: @escaping @Sendable (RunService, RunID) async throws -> RunRecord
  ) -> Endpoint {
    Endpoint(
      method: .post, path: "/v1/runs/{id}:\(name)", operationID: "\(name)Run", tag: .runs,
      summary: summary, answers: [.json(200, "The run.", .reference("Run"))],
      problems: [.conflict]
    ) { service, call in
      let run = try await action(service.runs, service.run(call).id)
      return .json(try await service.runs.json(run), cache: .never)
    }
  }

  private static let example: JSON = [
    "model": "mdl_01KB7C9Q0V8R6N3Y5T2W4X1Z0M",
    "dataset": "ds_01KB7C8F4H2J9K6M3N5P7Q1R0S",
    "training": [
      "epochs": 5, "batch_size": 64, "seed": 7, "loss": "cross_entropy",
      "optimizer": ["type": "adam", "learning_rate": 0.001], "validation": ["fraction": 0.1],
      "metrics": ["accuracy"],
    ],
  ]
}
