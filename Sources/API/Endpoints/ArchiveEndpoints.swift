import HTTP
import JSON
import Runs
import Store

/// Runs as files, to keep elsewhere or to take to another server.
enum ArchiveEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/runs/{id}/archive", operationID: "getRunArchive", tag: .runs,
      summary: "A run that is over with all it recorded, as one file",
      description: """
        A compressed tar file with everything that the server keeps of the run: its series, gradients, histograms, events, \
        log, findings and checkpoints, the stored model and the datasets that it names. `POST /v1/runs:import` of any \
        server makes the run of it again. The same run gives the same bytes. Wait for the end of a run, or stop or cancel \
        it, before it is asked for (409).
        """,
      query: [datasets], headers: [.range, .ifNoneMatch],
      answers: [
        Answer(
          status: 200, summary: "The archive.", content: [(MediaType.archive, .bytes)],
          headers: [Answer.etag]),
        Answer(
          status: 206, summary: "A range of it.", content: [(MediaType.archive, .bytes)]),
        .notModified,
      ], problems: [.conflict, .rangeNotSatisfiable, .queueFull, .diskFull]
    ) { service, call in
      let holdsUploads = try call.query.read { $0.bool(datasets) }
      let run = try await service.run(call)
      let archive = try await service.runs.archive(
        of: run.id, holdsUploads: holdsUploads, server: ServiceVersion.program)
      return try call.answer(
        Download(
          byteCount: archive.byteCount, tag: archive.tag, mediaType: MediaType.archive,
          name: archive.fileName, source: .read { try archive.read(offset: $0, count: $1) }))
    },
    Endpoint(
      method: .post, path: "/v1/runs:import", operationID: "importRun", tag: .runs,
      summary: "Make a run of an archive",
      description: """
        The body is what `GET /v1/runs/{id}/archive` gave, of this version or an earlier one. It streams to disk, is \
        verified whole, and makes the run under its own id, with its model and datasets where they aren't here yet; \
        datasets are decoded anew. A run that is here already is 409, an archive with anything wrong in it 422, and \
        either leaves nothing behind. The run's events get new ids.
        """,
      query: [Upload.source], headers: [.idempotencyKey, .contentDigest],
      body: BodyDescription(
        isRequired: false,
        content: [(MediaType.bytes, .bytes), (MediaType.archive, .bytes)], acceptsAnything: true),
      answers: [.json(201, "The run.", .reference("Run"), headers: [Answer.location])],
      problems: [.conflict, .queueFull]
    ) { service, call in
      try await restore(service, call)
    },
  ]

  private static let datasets = Field(
    "datasets", .boolean, default: true,
    "Whether the files of the run's datasets are in it; without them the run can't be trained again elsewhere."
  )

  private static func restore(_ service: Service, _ call: Call) async throws -> Response {
    try await Upload.one(
      call, service,
      made: { id in
        guard let id = RunID(id), let run = try await service.store.runs.get(id) else { return nil }
        return try await created(run, service)
      }
    ) { staged, _ in
      // How large it may be unpacked as well.
      try await created(service.runs.restore(staged, limit: service.uploadLimit), service)
    }
  }

  private static func created(_ run: RunRecord, _ service: Service) async throws -> Response {
    .json(
      try await service.runs.json(run), status: 201, headers: [("Location", "/v1/runs/\(run.id)")])
  }
}
