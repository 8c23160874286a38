import HTTP

/// Which pages of other origins may call the server from a browser (the Fetch standard's CORS protocol).
///
/// Pages of no other origin may, unless they are listed. A request that changes something and comes from such a page is
/// refused even though it needs no answer that the page could read: a server without keys obeys whoever reaches it.
struct CrossOrigin: Sendable {
  /// Such as `https://lab.example`; `*` is any.
  let allowed: Set<String>

  private static let requestHeaders = [
    "Authorization", "Content-Type", "Content-Digest", "Idempotency-Key", "If-Match",
    "If-None-Match", "Last-Event-ID", "Prefer", "Range", "Repr-Digest", "Tus-Resumable",
    "Upload-Length", "Upload-Metadata", "Upload-Offset", "X-Request-Id",
  ]
  private static let answerHeaders = [
    "Content-Range", "ETag", "Link", "Location", "RateLimit", "RateLimit-Policy", "Retry-After",
    "Tus-Extension", "Tus-Max-Size", "Tus-Resumable", "Tus-Version", "Upload-Expires",
    "Upload-Length", "Upload-Metadata", "Upload-Offset", "X-Request-Id",
  ]
  /// Seconds for which a browser need not ask again.
  private static let maxAge = 600

  /// Whether a request may be looked at.
  func admits(_ request: Request) -> Bool {
    if ["GET", "HEAD", "OPTIONS"].contains(request.method) { return true }
    if let origin = request.headers["Origin"] {
      return isOwn(origin, request) || isAllowed(origin)
    }
    // Browsers say so even where they name no origin.
    return request.headers["Sec-Fetch-Site"] != "cross-site"
  }

  /// The headers by which a browser lets a page of another origin have the answer.
  func headers(_ request: Request, _ response: Response) -> [(String, String)] {
    guard let origin = request.headers["Origin"], !allowed.isEmpty else { return [] }
    let vary = ("Vary", "Origin")
    guard isAllowed(origin) else { return [vary] }
    var headers = [vary, ("Access-Control-Allow-Origin", origin)]
    let isPreflight =
      request.method == "OPTIONS" && request.headers["Access-Control-Request-Method"] != nil
    if isPreflight, let methods = response.header("Allow") {
      headers += [
        ("Access-Control-Allow-Methods", methods),
        ("Access-Control-Allow-Headers", Self.requestHeaders.joined(separator: ", ")),
        ("Access-Control-Max-Age", "\(Self.maxAge)"),
      ]
    } else {
      headers.append(
        ("Access-Control-Expose-Headers", Self.answerHeaders.joined(separator: ", ")))
    }
    return headers
  }

  private func isAllowed(_ origin: String) -> Bool {
    allowed.contains("*") || allowed.contains(origin)
  }

  /// Whether a page is one of the server's own, by the name that the request came under.
  private func isOwn(_ origin: String, _ request: Request) -> Bool {
    guard let host = request.headers["Host"],
      let authority = origin.split(separator: "/", omittingEmptySubsequences: true).dropFirst()
        .first
    else { return false }
    return authority.lowercased() == host.lowercased()
  }

  /// Whether a text is an origin as browsers send it: scheme, host and maybe a port.
  static func isOrigin(_ text: String) -> Bool {
    if text == "*" { return true }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 3 && ["http:", "https:"].contains(parts[0]) && parts[1].isEmpty
      && !parts[2].isEmpty && text == text.lowercased()
  }
}
