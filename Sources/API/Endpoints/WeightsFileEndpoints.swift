import Digests
import HTTP
import JSON
import Runs
import Store

/// Weights that clients bring, for runs to begin with.
enum WeightsFileEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/weights", operationID: "listWeightsFiles", tag: .weights,
      summary: "The files of weights, newest first", query: Paging.fields,
      answers: [
        .json(200, "A page of them.", .reference("WeightsFilePage"), headers: [Answer.link])
      ]
    ) { service, call in
      let paging = try Paging(call.query)
      let rows = try await service.weights.list(
        limit: paging.fetch, before: paging.cursor { WeightsID($0) })
      return try paging.page(rows, call: call, id: { $0.id.rawValue }) {
        try WeightsPresentation.json($0, isWhole: false)
      }
    },
    Endpoint(
      method: .post, path: "/v1/weights", operationID: "createWeightsFile", tag: .weights,
      summary: "Upload weights for runs to begin with",
      description: """
        The body is a safetensors file, or an npz with an array a parameter; which one its bytes tell. It streams to \
        disk and is read whole before the answer, so that what is wrong with it is told now. A run begins with it by \
        `initial_weights`; see docs/transfer.md.
        """,
      query: [name, Upload.source], headers: [.idempotencyKey, .contentDigest],
      body: BodyDescription(
        isRequired: false,
        content: [(MediaType.bytes, .bytes), (MediaType.zip, .bytes)], acceptsAnything: true),
      answers: [
        .json(201, "The weights.", .reference("WeightsFile"), headers: [Answer.location])
      ],
      problems: [.conflict, .queueFull]
    ) { service, call in
      try await Upload.receiveWeights(call, service)
    },
    Endpoint(
      method: .get, path: "/v1/weights/{id}", operationID: "getWeightsFile", tag: .weights,
      summary: "What a file of weights holds", headers: [.ifNoneMatch],
      answers: [
        .json(200, "The weights.", .reference("WeightsFile"), headers: [Answer.etag]), .notModified,
      ]
    ) { service, call in
      let json = try WeightsPresentation.json(await service.weightsFile(call), isWhole: true)
      return call.tagged(json.encoded(), mediaType: MediaType.json)
    },
    Endpoint(
      method: .delete, path: "/v1/weights/{id}", operationID: "deleteWeightsFile", tag: .weights,
      summary: "Delete a file of weights; runs have copies of what they begin with",
      headers: [.ifMatch], answers: [.deleted]
    ) { service, call in
      let file = try await service.weightsFile(call)
      try call.check(EntityTag.of(WeightsPresentation.json(file, isWhole: true).encoded()))
      try await service.weights.delete(file.id)
      return .noContent
    },
    Endpoint(
      method: .get, path: "/v1/weights/{id}/content", operationID: "getWeightsFileContent",
      tag: .weights, summary: "The bytes that were uploaded", headers: [.range, .ifNoneMatch],
      answers: [
        Answer(
          status: 200, summary: "All of them.",
          content: [(MediaType.bytes, .bytes), (MediaType.zip, .bytes)], headers: [Answer.etag]),
        Answer(
          status: 206, summary: "A range.",
          content: [(MediaType.bytes, .bytes), (MediaType.zip, .bytes)]),
        .notModified,
      ], problems: [.rangeNotSatisfiable]
    ) { service, call in
      let download = service.weights.content(of: try await service.weightsFile(call))
      return try call.answer(
        Download(
          byteCount: download.byteCount, tag: download.tag, mediaType: download.mediaType,
          name: download.fileName, digest: Digest(hexadecimal: download.tag)?.base64,
          source: .read { try await download.read(offset: $0, count: $1) }))
    },
  ]

  static let name = Field("name", .described("a name"), "What to call them.")
}

extension Upload {
  /// Takes the body of `POST /v1/weights` to disk, piece by piece, and has it read.
  static func receiveWeights(_ call: Call, _ service: Service) async throws -> Response {
    let name = try call.query.read { $0.string(WeightsFileEndpoints.name.name) }
    if let name, name.isEmpty || name.count > WeightsLibrary.longestName {
      let detail = "has \(name.count) characters; from 1 to \(WeightsLibrary.longestName)"
      throw Problem(query: Faults([Fault(pointer: "/name", detail: detail)]))
    }
    return try await one(
      call, service, limit: WeightsLibrary.largestFile,
      made: { id in
        guard let id = WeightsID(id) else { return nil }
        return try await service.store.weights.get(id).map(created)
      }
    ) { staged, part in
      try created(await service.weights.create(staged, part, name: name))
    }
  }

  private static func created(_ record: WeightsRecord) throws -> Response {
    .json(
      try WeightsPresentation.json(record, isWhole: true), status: 201,
      headers: [("Location", "/v1/weights/\(record.id)")])
  }
}
