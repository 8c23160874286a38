import HTTP
import JSON
import Store

/// Whether an answer may be kept by whoever passes it on.
enum CachePolicy: String, Sendable {
  case never = "no-store"
  /// It may be kept, but must be asked for again with its ETag.
  case revalidate = "no-cache"
}

extension Response {
  static let noContent = Response(status: 204, headers: [], body: .empty)

  static func json(
    _ json: JSON, status: Int = 200, headers: [(String, String)] = [], cache: CachePolicy = .never
  ) -> Response {
    Response(
      status: status,
      headers: [("Content-Type", MediaType.json), ("Cache-Control", cache.rawValue)] + headers,
      body: .bytes(json.encoded()))
  }

  static func text(_ text: String, mediaType: String) -> Response {
    Response(
      status: 200, headers: [("Content-Type", mediaType), ("Cache-Control", "no-store")],
      body: .bytes(Array(text.utf8)))
  }

  static func problem(_ problem: Problem, instance: String) -> Response {
    Response(
      status: problem.kind.status,
      headers: [("Content-Type", MediaType.problem), ("Cache-Control", "no-store")]
        + problem.headers,
      body: .bytes(problem.json(instance: instance).encoded()))
  }

  func with(header name: String, _ value: String) -> Response {
    with(headers: [(name, value)])
  }

  func with(headers: [(String, String)]) -> Response {
    var copy = self
    copy.headers += headers
    return copy
  }

  /// The same with a body that is written, if it is, on a caller's behalf.
  func inTask(of caller: Caller) -> Response {
    guard case .stream(let body) = body else { return self }
    var copy = self
    copy.body = .stream(
      body.writing { writer, write in
        try await Caller.$current.withValue(caller) { try await write(writer) }
      })
    return copy
  }
}

extension Call {
  /// Bytes with a strong tag, or 304 when the client has them.
  func tagged(_ bytes: [UInt8], mediaType: String) -> Response {
    let tag = EntityTag.of(bytes)
    let policy = ("Cache-Control", CachePolicy.revalidate.rawValue)
    if let known = known(tag) {
      return Response(status: 304, headers: [("ETag", known), policy], body: .empty)
    }
    return Response(
      status: 200, headers: [("Content-Type", mediaType), ("ETag", tag), policy],
      body: .bytes(bytes))
  }
}
