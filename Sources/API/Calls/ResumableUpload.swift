import Digests
import Foundation
import HTTP
import JSON
import Runs
import Store

/// Takes uploads that come piece by piece.
enum ResumableUpload {
  /// Begins an upload, with the first of its bytes if they are in the body.
  static func create(_ call: Call, _ service: Service) async throws -> Response {
    try TusProtocol.check(call)
    let concatenation = try TusProtocol.concatenation(call)
    if case .final(let parts) = concatenation { return try await concatenate(parts, call, service) }
    let length = try TusProtocol.count(TusProtocol.length, call)
    guard length <= service.uploadLimit else {
      throw Problem(
        .bodyTooLarge,
        "an upload may have at most \(service.uploadLimit) bytes, and Upload-Length says \(length); see --max-upload"
      )
    }
    if !call.request.body.isEmpty { try checkType(call) }
    let isPartial = concatenation == .partial
    return try await begin(call, service, "\(length)\n\(isPartial)") { metadata, digest in
      let upload = try await service.uploads.create(
        length: length, metadata: metadata, sha256: digest, isPartial: isPartial)
      if !call.request.body.isEmpty {
        do {
          try await receive(upload, at: 0, call, service)
        } catch {
          // The client doesn't know its name, and can't go on with it.
          try? await service.uploads.delete(upload.id)
          throw error
        }
      }
      return upload
    }
  }

  /// Puts parts together that came side by side.
  private static func concatenate(
    _ parts: [UploadID], _ call: Call, _ service: Service
  ) async throws -> Response {
    guard call.request.body.isEmpty, call.header(TusProtocol.length.name) == nil else {
      throw Problem(
        .badRequest,
        "an upload that is put together has the bytes of its parts; leave Upload-Length and the body out"
      )
    }
    let concat = "final;" + parts.map { "/v1/uploads/\($0)" }.joined(separator: " ")
    return try await begin(call, service, concat) { metadata, digest in
      var records: [UploadRecord] = []
      for part in parts { records.append(try await service.uploads.record(part)) }
      let length = records.reduce(0) { $0 + $1.length }
      guard length <= service.uploadLimit else {
        throw Problem(
          .bodyTooLarge,
          "an upload may have at most \(service.uploadLimit) bytes, and the parts have \(length); see --max-upload"
        )
      }
      return try await service.uploads.concatenate(
        records, metadata: metadata, sha256: digest, concat: concat)
    }
  }

  /// Makes an upload, once for each idempotency key, and answers it.
  ///
  /// - Parameters:
  ///   - what: tells the request from others, beside what it says of the upload.
  ///   - make: of `Upload-Metadata` and the digest that was announced.
  private static func begin(
    _ call: Call, _ service: Service, _ what: String,
    _ make: (_ metadata: String, _ digest: Digest?) async throws -> UploadRecord
  ) async throws -> Response {
    let metadata = try TusProtocol.metadata(call)
    let digest = try Upload.announcedDigest(call, TusProtocol.reprDigest)
    let fingerprint = "\(what)\n\(metadata)\n\(digest.map { "\($0)" } ?? "")"
    return try await service.idempotently(call, body: Array(fingerprint.utf8)) { id in
      guard let id = UploadID(id), let upload = try await service.store.uploads.get(id) else {
        return nil
      }
      return try created(upload, service)
    } _: {
      try created(await make(metadata, digest), service)
    }
  }

  /// Takes the next piece.
  static func append(_ call: Call, _ service: Service) async throws -> Response {
    try TusProtocol.check(call)
    let offset = try TusProtocol.count(TusProtocol.requiredOffset, call)
    try checkType(call)
    let upload = try await service.upload(call)
    guard !upload.isFinal else {
      throw Problem(.forbidden, "the upload was put together of parts, and is whole")
    }
    do {
      let end = try await receive(upload, at: offset, call, service)
      let now = try await service.upload(call)
      return Response(status: 204, headers: headers(now, offset: end, service))
    } catch let error as StoreError where error.code == .conflict {
      throw Problem(.conflict, error.message)
        .with(header: TusProtocol.offset.name, "\(try service.uploads.offset(of: upload))")
    }
  }

  @discardableResult
  private static func receive(
    _ upload: UploadRecord, at offset: Int, _ call: Call, _ service: Service
  ) async throws -> Int {
    let room = upload.length - offset
    let announced = try Upload.announcedDigest(call)
    if let count = call.request.body.announcedLength { try check(count, room, upload) }
    return try await service.uploads.append(
      to: upload, at: offset,
      check: announced.map { announced in { try Upload.check($0, announced) } }
    ) { sink, room in
      for try await chunk in call.request.body {
        try check(sink.byteCount + chunk.count, room, upload)
        try sink.append(chunk)
      }
    }
  }

  private static func check(_ count: Int, _ room: Int, _ upload: UploadRecord) throws(Problem) {
    guard count > room else { return }
    throw Problem(
      .bodyTooLarge,
      "the piece goes beyond the \(upload.length) bytes of the upload, of which \(max(0, room)) are missing"
    )
  }

  private static func checkType(_ call: Call) throws(Problem) {
    guard call.mediaType == MediaType.piece else {
      throw Problem(
        .unsupportedMediaType,
        "a piece of an upload is Content-Type: \(MediaType.piece), not \(call.mediaType ?? "without one")"
      )
    }
  }

  private static func created(_ upload: UploadRecord, _ service: Service) throws -> Response {
    try answer(upload, service, status: 201)
      .with(header: "Location", "/v1/uploads/\(upload.id)")
  }

  static func answer(
    _ upload: UploadRecord, _ service: Service, status: Int = 200
  ) throws -> Response {
    let offset = try service.uploads.offset(of: upload)
    return .json(
      UploadPresentation.json(upload, offset: offset, service), status: status,
      headers: headers(upload, offset: offset, service))
  }

  private static func headers(
    _ upload: UploadRecord, offset: Int, _ service: Service
  ) -> [(String, String)] {
    var headers = [
      (TusProtocol.offset.name, "\(offset)"), (TusProtocol.length.name, "\(upload.length)"),
    ]
    if let concat = upload.concat { headers.append((TusProtocol.concat.name, concat)) }
    if !upload.metadata.isEmpty { headers.append((TusProtocol.metadata.name, upload.metadata)) }
    if let end = service.runs.housekeeping.expiry(of: upload) {
      headers.append(
        (TusProtocol.expiry.name, HTTPDate.text(Date(timeIntervalSince1970: Double(end) / 1000))))
    }
    return headers
  }
}
