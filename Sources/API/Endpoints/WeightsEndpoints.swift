import Digests
import HTTP
import JSON
import Runs
import Store
import Training

/// Weights, checkpoints and the log.
enum WeightsEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/runs/{id}/weights", operationID: "getWeights", tag: .observations,
      summary: "Weights under PyTorch's names, as a file",
      query: [checkpoint, format], headers: [.range, .ifNoneMatch],
      answers: [
        Answer(
          status: 200, summary: "The file.",
          content: [(MediaType.bytes, .bytes), (MediaType.zip, .bytes)], headers: [Answer.etag]),
        Answer(
          status: 206, summary: "A range of it.",
          content: [(MediaType.bytes, .bytes), (MediaType.zip, .bytes)]),
        .notModified,
      ], problems: [.rangeNotSatisfiable]
    ) { service, call in
      let run = try await service.run(call)
      let wanted = try checkpoint(of: call) ?? "latest"
      let name = try call.query.read { $0.choice(format) }
      let download = try await service.runs.weights(
        run.id, checkpoint: wanted, format: name)
      return try call.answer(
        Download(
          byteCount: download.byteCount, tag: download.tag, mediaType: download.mediaType,
          name: download.fileName, digest: Digest(hexadecimal: download.tag)?.base64,
          source: .read { try await download.read(offset: $0, count: $1) }))
    },
    Endpoint(
      method: .get, path: "/v1/runs/{id}/checkpoints", operationID: "listCheckpoints",
      tag: .observations, summary: "The checkpoints whose weights can be had",
      answers: [.json(200, "Newest first.", .reference("Checkpoints"))]
    ) { service, call in
      let run = try await service.run(call)
      let all = try await service.store.checkpoints.list(run.id)
      return .json(["data": .array(try all.map { try json($0, of: run) })])
    },
    Endpoint(
      method: .get, path: "/v1/runs/{id}/logs", operationID: "getLogs", tag: .observations,
      summary: "What a run had to say", query: Paging.fields,
      answers: [.json(200, "Oldest first.", .reference("LogPage"), headers: [Answer.link])]
    ) { service, call in
      let paging = try Paging(call.query)
      let run = try await service.run(call)
      let after = try paging.cursor { Int64($0) } ?? 0
      let lines = try await service.store.history.logs(run.id, after: after, limit: paging.fetch)
      return paging.page(lines, call: call, id: { "\($0.number)" }) { line in
        [
          "time": .string(Timestamp.text(line.log.at)), "level": .string(line.log.level),
          "step": .integer(line.log.step), "message": .string(line.log.message),
        ]
      }
    },
  ]

  static let checkpoint = Field(
    "checkpoint", .described("a checkpoint"), default: "latest",
    "`best`, `latest`, `initial`, or the number of a step that has a checkpoint.")
  private static let format = Field(
    "format", .choice(WeightsFile.allCases.map(\.rawValue)), default: "safetensors",
    "The file's format.")

  /// The checkpoint that the address names, if any.
  static func checkpoint(of call: Call) throws(Problem) -> String? {
    guard let name = try call.query.read({ $0.string(checkpoint.name) }) else { return nil }
    guard ["best", "latest", "initial"].contains(name) || Int(name) != nil else {
      let detail = "\"\(name.prefix(80))\" is none; best, latest, initial, or a step"
      throw Problem(query: Faults([Fault(pointer: "/checkpoint", detail: detail)]))
    }
    return name
  }

  private static func json(_ checkpoint: CheckpointSummary, of run: RunRecord) throws -> JSON {
    let name = checkpoint.kind == "periodic" ? "\(checkpoint.step)" : checkpoint.kind
    return [
      "kind": .string(checkpoint.kind), "step": .integer(checkpoint.step),
      "epoch": .integer(checkpoint.epoch),
      "metric": try checkpoint.metric.map { try JSON(parsing: $0) } ?? .null,
      "size_bytes": .integer(checkpoint.sizeBytes), "sha256": .string(checkpoint.sha256),
      "created_at": .string(Timestamp.text(checkpoint.createdAt)),
      "weights": .string("/v1/runs/\(run.id)/weights?checkpoint=\(name)"),
    ]
  }
}
