/// A request, with its address decoded once.
public struct Request: Sendable {
  /// In capitals, as it came.
  public let method: String
  /// As it came, escapes and all, without the query.
  public let rawPath: String
  /// The path's segments, each decoded on its own, so that an escaped slash parts nothing.
  public let segments: [String]
  public let query: QueryItems
  public let headers: Headers
  /// The client's `X-Request-Id`, or one that was made for it.
  public let requestID: String
  /// The address of whom it comes from, as far as that is known; `unix` over a Unix-domain socket.
  public let client: String
  /// Whether it came over TLS, to the server or to a proxy that is trusted.
  public let isSecure: Bool
  public let body: RequestBody

  public var path: String { "/" + segments.joined(separator: "/") }
}

/// The members of a query, in their order.
public struct QueryItems: Sendable {
  public let items: [(name: String, value: String)]

  init(items: [(name: String, value: String)]) { self.items = items }

  public subscript(name: String) -> String? { items.first { $0.name == name }?.value }
}

/// The parts of an address that it decodes to.
struct RequestTarget: Sendable {
  let rawPath: String
  let segments: [String]
  let query: QueryItems

  /// - Throws: `HTTPError.badRequest` for an escape that is none, a NUL, or what isn't UTF-8.
  init(_ target: String) throws(HTTPError) {
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    rawPath = String(parts.first ?? "")
    guard rawPath.hasPrefix("/") else {
      throw HTTPError(.badRequest, "the address must begin with a slash")
    }
    var segments: [String] = []
    for segment in rawPath.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard let text = PercentCoding.decoded(segment) else {
        throw HTTPError(.badRequest, "the path has an escape that is no UTF-8 text")
      }
      segments.append(text)
    }
    self.segments = segments == [""] ? [] : segments
    var items: [(name: String, value: String)] = []
    for pair in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = PercentCoding.decoded(sides[0], plusIsSpace: true),
        let value = PercentCoding.decoded(sides.count > 1 ? sides[1] : "", plusIsSpace: true)
      else {
        throw HTTPError(.badRequest, "the query has an escape that is no UTF-8 text")
      }
      items.append((name, value))
    }
    query = QueryItems(items: items)
  }
}
