import Compression
import Digests
import HTTP

/// What every answer goes through on its way out, and every request on its way in: who asks from where, how answers are
/// coded, and what a browser may do with them.
struct Frontend: Responder {
  let router: Router
  let origins: CrossOrigin

  func isQuick(_ request: Request) -> Bool { router.isQuick(request) }

  func respond(to request: Request) async -> Response {
    guard origins.admits(request) else {
      let problem = Problem(
        .forbidden,
        "a page of another origin may not change anything here; the server lists those that may with --cors-origins"
      )
      return .problem(problem, instance: request.requestID).with(headers: Self.safety)
    }
    var response = await router.respond(to: request)
    response = response.compressed(for: AcceptEncoding(request.headers["Accept-Encoding"]))
    if Self.wantsDigest(request), case .bytes(let bytes) = response.body {
      let digest = SHA256.digest(of: bytes).base64
      response = response.with(header: "Content-Digest", "sha-256=:\(digest):")
    }
    return response.with(headers: origins.headers(request, response) + Self.safety)
  }

  func response(to fault: HTTPError, requestID: String) -> Response {
    router.response(to: fault, requestID: requestID).with(headers: Self.safety)
  }

  /// An answer is never to be taken for anything else than it says, nor to be shown within another page.
  private static let safety = [
    ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Resource-Policy", "same-origin"),
  ]

  /// Whether `Want-Content-Digest` (RFC 9530, section 4) asks for SHA-256.
  private static func wantsDigest(_ request: Request) -> Bool {
    request.headers["Want-Content-Digest"]?.split(separator: ",").contains { wish in
      let pair = wish.trimmingSpaces().split(separator: "=", maxSplits: 1)
      return pair.count == 2 && pair[0].lowercased() == "sha-256" && pair[1] != "0"
    } ?? false
  }
}
