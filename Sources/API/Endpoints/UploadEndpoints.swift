import Digests
import HTTP
import JSON
import Runs
import Store

/// Uploads that come piece by piece and go on where they were cut off, by the tus protocol 1.0.0
/// (https://tus.io/protocols/resumable-upload).
///
/// Of its extensions there are creation, creation-with-upload, expiration, termination and concatenation; digests are those of RFC 9530.
enum UploadEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/uploads", operationID: "listUploads", tag: .uploads,
      summary: "The uploads that nothing was made of yet, newest first", query: Paging.fields,
      answers: [.json(200, "A page of them.", .reference("UploadPage"), headers: [Answer.link])],
      options: { TusProtocol.discovery(limit: $0.uploadLimit) }, everyAnswer: TusProtocol.headers
    ) { service, call in
      let paging = try Paging(call.query)
      let rows = try await service.uploads.list(
        limit: paging.fetch, before: paging.cursor { UploadID($0) })
      return try paging.page(rows, call: call, id: { $0.id.rawValue }) {
        UploadPresentation.json($0, offset: try service.uploads.offset(of: $0), service)
      }
    },
    Endpoint(
      method: .post, path: "/v1/uploads", operationID: "createUpload", tag: .uploads,
      summary: "Begin an upload that comes piece by piece",
      description: """
        As tus 1.0 does: `Upload-Length` says how many bytes it will have; the first of them may be the body. PATCH of the \
        `Location` brings the others, in pieces of any size, HEAD asks how far it is. Once it is whole, `upload=` of \
        `POST /v1/datasets`, `/v1/weights` or `/v1/runs:import` makes something of it. One to which nothing comes \
        for a day (`--keep-uploads-days`) is deleted.

        Parts of a large file may come side by side, each an upload of its own with `Upload-Concat: partial`. When all are whole,         `Upload-Concat: final;/v1/uploads/upl_… /v1/uploads/upl_…` puts them together, and they are gone.
        """,
      headers: [
        .idempotencyKey, TusProtocol.version, TusProtocol.length, TusProtocol.concat,
        TusProtocol.metadata, TusProtocol.reprDigest,
      ],
      body: BodyDescription(isRequired: false, content: [(MediaType.piece, .bytes)]),
      answers: [
        .json(
          201, "The upload.", .reference("Upload"),
          headers: [Answer.location, TusProtocol.offset, TusProtocol.expiry])
      ],
      problems: [.conflict, .preconditionFailed, .queueFull, .quotaExceeded],
      everyAnswer: TusProtocol.headers
    ) { service, call in
      try await ResumableUpload.create(call, service)
    },
    Endpoint(
      method: .get, path: "/v1/uploads/{id}", operationID: "getUpload", tag: .uploads,
      summary: "How far an upload is",
      description: "HEAD answers the same headers, as tus asks: `Upload-Offset`, `Upload-Length`.",
      headers: [TusProtocol.version],
      answers: [
        .json(
          200, "The upload.", .reference("Upload"),
          headers: [TusProtocol.offset, TusProtocol.expiry])
      ],
      problems: [.preconditionFailed], everyAnswer: TusProtocol.headers,
      // Whoever may send must be able to ask how far they are.
      audience: .scope(.write)
    ) { service, call in
      try TusProtocol.check(call)
      return try ResumableUpload.answer(await service.upload(call), service)
    },
    Endpoint(
      method: .patch, path: "/v1/uploads/{id}", operationID: "appendToUpload", tag: .uploads,
      summary: "Send the next piece of an upload",
      description: """
        `Upload-Offset` must be where the upload ends (409 if it isn't, with the right one). A piece is on disk once it is \
        answered; of one that is cut off what came stays, unless a `Content-Digest` was to be held against it.
        """,
      headers: [TusProtocol.version, TusProtocol.requiredOffset, .contentDigest],
      body: BodyDescription(content: [(MediaType.piece, .bytes)]),
      answers: [
        Answer(
          status: 204, summary: "The piece is kept.",
          headers: [TusProtocol.offset, TusProtocol.expiry])
      ],
      problems: [.conflict, .forbidden, .preconditionFailed],
      everyAnswer: TusProtocol.headers
    ) { service, call in
      try await ResumableUpload.append(call, service)
    },
    Endpoint(
      method: .delete, path: "/v1/uploads/{id}", operationID: "deleteUpload", tag: .uploads,
      summary: "Give an upload up", headers: [TusProtocol.version], answers: [.deleted],
      problems: [.conflict, .preconditionFailed], everyAnswer: TusProtocol.headers
    ) { service, call in
      try TusProtocol.check(call)
      try await service.uploads.delete(service.upload(call).id)
      return .noContent
    },
  ]
}
