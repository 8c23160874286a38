import Digests
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
  /// Bytes that never change, or 304 when the client has them.
  func immutable(_ bytes: [UInt8], mediaType: String) throws -> Response {
    let tag = "\"\(SHA256.digest(of: bytes).hexadecimal.prefix(32))\""
    let headers = [("ETag", tag), ("Cache-Control", CachePolicy.revalidate.rawValue)]
    if matches(tag) { return Response(status: 304, headers: headers, body: .empty) }
    return Response(
      status: 200, headers: [("Content-Type", mediaType)] + headers, body: .bytes(bytes))
  }

  /// Whether `If-None-Match` names this tag (RFC 9110, section 13.1.2).
  func matches(_ tag: String) -> Bool {
    guard let header = header("If-None-Match") else { return false }
    return header.split(separator: ",").contains { candidate in
      let text = candidate.trimmingSpaces()
      return text == "*" || text == tag || text == "W/\(tag)"
    }
  }
}
