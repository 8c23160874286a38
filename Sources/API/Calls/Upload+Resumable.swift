import HTTP
import JSON
import Runs
import Store

extension Upload {
  /// Where a request says that its bytes are here already.
  static let source = Field(
    "upload", .described("an upload's id"),
    "An upload of `POST /v1/uploads` that is whole, in place of a body; formats of several files take one a part, such as "
      + "`features:upl_…,targets:upl_…`. It is used up when something is made of it.")

  /// The most uploads that one request names.
  private static let mostParts = 100

  /// Makes something of uploads that came piece by piece; they stay where that fails.
  ///
  /// - Parameters:
  ///   - names: of the parts there may be; the usual ones when it is empty.
  ///   - made: answers anew for the id of what was made, as of `Service.idempotently`.
  ///   - action: makes it of parts that lie in a folder of their own.
  static func fromUploads(
    _ call: Call, _ service: Service, names: [String] = [],
    made: (String) async throws -> Response?,
    _ action: (StagedUpload, [StagedUpload.Part]) async throws -> Response
  ) async throws -> Response {
    guard call.request.body.isEmpty else {
      throw Problem(.invalid, "the request has a body as well as the query parameter upload")
    }
    let named = try parts(call.query[source] ?? "", names)
    return try await service.idempotently(call, body: [], made: made) {
      var uploads: [(name: String?, record: UploadRecord)] = []
      for part in named {
        uploads.append((part.name, try await service.uploads.record(part.id)))
      }
      var staged = try service.datasets.stage()
      defer { staged.discard() }
      let parts = try await service.uploads.lend(uploads, to: &staged)
      let response = try await action(staged, parts)
      for upload in uploads { await service.uploads.used(upload.record) }
      return response
    }
  }

  /// One upload alone, or each with the name of its part.
  private static func parts(
    _ text: String, _ names: [String]
  ) throws(Problem) -> [(name: String?, id: UploadID)] {
    if let id = UploadID(text) { return [(nil, id)] }
    var parts: [(name: String?, id: UploadID)] = []
    for pair in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = pair.split(separator: ":", maxSplits: 1)
      guard sides.count == 2, let id = UploadID(String(sides[1])), parts.count < mostParts else {
        let detail =
          "expected an upload's id, upl_…, or up to \(mostParts) parts such as features:upl_…,targets:upl_…"
        throw Problem(query: Faults([Fault(pointer: "/upload", detail: detail)]))
      }
      try checkName(String(sides[0]), among: parts.map(\.name), named: names)
      parts.append((String(sides[0]), id))
    }
    return parts
  }
}
