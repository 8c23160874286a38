import Datasets
import Digests
import HTTP
import JSON
import Runs
import Store

/// Takes the body of `POST /v1/datasets` to disk, piece by piece, and has it imported.
enum Upload {
  static func receive(_ call: Call, _ service: Service) async throws -> Response {
    let name = try call.query.read { $0.string(DatasetEndpoints.name.name) }
    if let name, name.count > 200 {
      throw Problem(
        query: Faults([Fault(pointer: "/name", detail: "has more than 200 characters")]))
    }
    var options = call.query.texts
    options[DatasetEndpoints.name.name] = nil
    options[source.name] = nil
    let importOptions = try importOptions(options)
    let announced = try announcedDigest(call)
    let answered: (String) async throws -> Response? = { id in
      guard let id = DatasetID(id), let dataset = try await service.store.datasets.get(id) else {
        return nil
      }
      return try created(dataset)
    }
    if call.query[source] != nil {
      return try await fromUploads(call, service, names: partNames(importOptions), made: answered) {
        try await created(
          service.datasets.create($0, parts: $1, name: name, options: importOptions))
      }
    }

    let staged = try await stage(call, service)
    // What became a dataset has moved away by then; what was there already, or failed, goes.
    defer { staged.discard() }
    let parts: [StagedUpload.Part]
    if call.mediaType == MediaType.multipart {
      parts = try await receiveParts(
        call, service, into: staged, named: partNames(importOptions))
    } else {
      parts = [try await receiveWhole(call, service, into: staged, announced)]
    }
    let fingerprint = parts.map { "\($0.name ?? "") \($0.digest)" }.joined(separator: "\n")
    return try await service.idempotently(call, body: Array(fingerprint.utf8), made: answered) {
      try created(
        await service.datasets.create(staged, parts: parts, name: name, options: importOptions))
    }
  }

  /// Makes something of one file: the body, or an upload that came piece by piece.
  ///
  /// - Parameters:
  ///   - limit: how many bytes it may have, beside the server's own limit.
  ///   - made: answers anew for the id of what was made, as of `Service.idempotently`.
  ///   - action: makes it of the file, which lies in a folder of its own.
  static func one(
    _ call: Call, _ service: Service, limit: Int = .max, made: (String) async throws -> Response?,
    _ action: (StagedUpload, StagedUpload.Part) async throws -> Response
  ) async throws -> Response {
    let announced = try announcedDigest(call)
    if let text = call.query[source] {
      guard UploadID(text) != nil else {
        let detail = "expected the id of one upload, upl_…"
        throw Problem(query: Faults([Fault(pointer: "/\(source.name)", detail: detail)]))
      }
      return try await fromUploads(call, service, made: made) { staged, parts in
        try check(parts[0].byteCount, service, limit: limit)
        return try await action(staged, parts[0])
      }
    }
    let staged = try await stage(call, service)
    defer { staged.discard() }
    let part = try await receiveWhole(call, service, into: staged, announced, limit: limit)
    return try await service.idempotently(call, body: part.digest.bytes, made: made) {
      try await action(staged, part)
    }
  }

  /// A place for an upload, if its key may keep as much as the request announces; what comes is looked at again.
  private static func stage(_ call: Call, _ service: Service) async throws -> StagedUpload {
    // One that is sent again may be there already.
    if call.header("Idempotency-Key") == nil {
      try await service.store.keys.checkRoom(for: call.request.body.announcedLength ?? 0)
    }
    return try service.datasets.stage()
  }

  /// The body as one file.
  ///
  /// - Parameters:
  ///   - announced: the digest that it must have.
  ///   - limit: how many bytes it may have, beside the server's own limit.
  private static func receiveWhole(
    _ call: Call, _ service: Service, into staged: StagedUpload, _ announced: Digest?,
    limit: Int = .max
  ) async throws -> StagedUpload.Part {
    let part = try await receiveBody(call, service, into: staged, limit: limit)
    if let announced { try check(part.digest, announced) }
    return part
  }

  /// - Throws: 422 for a body that isn't what `Content-Digest` says.
  static func check(_ digest: Digest, _ announced: Digest) throws(Problem) {
    guard digest != announced else { return }
    throw Problem(
      .invalid,
      "the body's SHA-256 is \(digest.base64), but Content-Digest says \(announced.base64); send it again"
    )
  }

  private static func created(_ dataset: DatasetRecord) throws -> Response {
    .json(
      try DatasetPresentation.json(dataset), status: 201,
      headers: [("Location", "/v1/datasets/\(dataset.id)")])
  }

  /// The parts that the options name; none for the usual ones.
  private static func partNames(_ options: ImportOptions) -> [String] {
    if options.features.isEmpty, options.targets.isEmpty { return [] }
    return (options.features.isEmpty ? ["features", "x"] : options.features)
      + (options.targets.isEmpty ? ["targets", "y"] : options.targets)
  }

  /// Faults of import options are faults of the query.
  private static func importOptions(_ texts: [String: String]) throws(Problem) -> ImportOptions {
    do throws(Faults) {
      return try ImportOptions(query: texts)
    } catch {
      let prefix = "/query"
      throw Problem(
        query: Faults(
          error.all.map { fault in
            let pointer =
              fault.pointer.hasPrefix(prefix)
              ? String(fault.pointer.dropFirst(prefix.count)) : fault.pointer
            return Fault(pointer: pointer, detail: fault.detail)
          }))
    }
  }

  /// The digest that a header of RFC 9530 announces; other algorithms than SHA-256 are passed over.
  static func announcedDigest(
    _ call: Call, _ field: HeaderField = .contentDigest
  ) throws(Problem) -> Digest? {
    guard let header = call.header(field.name) else { return nil }
    for part in header.split(separator: ",") {
      let pair = part.trimmingSpaces().split(separator: "=", maxSplits: 1)
      guard pair.count == 2, pair[0].lowercased() == "sha-256" else { continue }
      let text = pair[1]
      guard text.count > 2, text.first == ":", text.last == ":",
        let digest = Digest(base64: String(text.dropFirst().dropLast()))
      else {
        throw Problem(
          .badRequest, "\(field.name) must be sha-256=:BASE64:, the hash of the bytes")
      }
      return digest
    }
    return nil
  }
}
