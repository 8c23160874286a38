/// What a pattern's placeholders stand for in a path.
public struct Parameters: Sendable {
  private let values: [String: String]

  init(_ values: [String: String]) { self.values = values }

  public subscript(name: String) -> String? { values[name] }
}

/// Who answers requests.
public protocol Responder: Sendable {
  func respond(to request: Request) async -> Response
  /// Whether the answer neither reads the body nor waits for the disk before it gives its thread up: it is begun at once
  /// then, on the library's own thread.
  func isQuick(_ request: Request) -> Bool
  /// The answer to a request that HTTP itself refuses.
  func response(to fault: HTTPError, requestID: String) -> Response
}

/// Finds the handler of a method and path.
///
/// A pattern's segment is text, a placeholder `{id}`, or either with a verb after it: `{id}:cancel`,
/// `models:validate`. A GET handler answers HEAD too, and OPTIONS is answered with what is allowed.
public struct Router: Sendable {
  public typealias Handler = @Sendable (Request, Parameters) async -> Response

  private struct Route: Sendable {
    let method: String
    let segments: [Segment]
    let isQuick: Bool
    let options: [(String, String)]
    let handler: Handler
  }

  /// What tells most routes apart: how many segments they have, and the second one's text.
  private struct Place: Hashable {
    let count: Int
    let second: String

    init(_ segments: [String]) {
      count = segments.count
      second = segments.count > 1 ? String(segments[1].prefix { $0 != ":" }) : ""
    }

    /// Of routes whose second segment may be anything.
    init(open count: Int) {
      self.count = count
      second = "{"
    }
  }

  private enum Segment: Sendable {
    case text(String)
    case placeholder(name: String, suffix: String)

    init(_ pattern: Substring) {
      if pattern.hasPrefix("{"), let end = pattern.firstIndex(of: "}") {
        self = .placeholder(
          name: String(pattern[pattern.index(after: pattern.startIndex)..<end]),
          suffix: String(pattern[pattern.index(after: end)...]))
      } else {
        self = .text(String(pattern))
      }
    }
  }

  private var routes: [Place: [Route]] = [:]
  private let failure: @Sendable (HTTPError, String) -> Response

  /// - Parameter failure: the answer to a fault, with the request's id.
  public init(failure: @escaping @Sendable (HTTPError, String) -> Response) {
    self.failure = failure
  }

  /// - Parameter options: headers with which OPTIONS is answered, beside `Allow`.
  public mutating func add(
    _ method: String, _ pattern: String, isQuick: Bool = false, options: [(String, String)] = [],
    _ handler: @escaping Handler
  ) {
    let parts = pattern.split(separator: "/")
    let isOpen = parts.count > 1 && parts[1].hasPrefix("{")
    let place = isOpen ? Place(open: parts.count) : Place(parts.map(String.init))
    routes[place, default: []].append(
      Route(
        method: method, segments: parts.map(Segment.init), isQuick: isQuick, options: options,
        handler: handler))
  }

  /// Routes that may match, in the order in which they were added.
  private func candidates(_ request: Request) -> [Route] {
    (routes[Place(request.segments)] ?? []) + (routes[Place(open: request.segments.count)] ?? [])
  }

  private static func match(_ route: Route, _ segments: [String]) -> Parameters? {
    guard route.segments.count == segments.count else { return nil }
    var values: [String: String] = [:]
    for (segment, text) in zip(route.segments, segments) {
      switch segment {
      case .text(let expected):
        if text != expected { return nil }
      case .placeholder(let name, let suffix):
        guard text.hasSuffix(suffix), text.count > suffix.count else { return nil }
        let value = String(text.dropLast(suffix.count))
        // A verb belongs to the pattern that names it.
        if value.contains(":") { return nil }
        values[name] = value
      }
    }
    return Parameters(values)
  }
}

extension Router: Responder {
  public func isQuick(_ request: Request) -> Bool {
    let method = request.method == "HEAD" ? "GET" : request.method
    return candidates(request).contains { route in
      route.isQuick && route.method == method && Self.match(route, request.segments) != nil
    }
  }

  public func respond(to request: Request) async -> Response {
    let method = request.method == "HEAD" ? "GET" : request.method
    var allowed: [String] = []
    var options: [(String, String)] = []
    for route in candidates(request) {
      guard let parameters = Self.match(route, request.segments) else { continue }
      if route.method == method { return await route.handler(request, parameters) }
      allowed.append(route.method)
      options += route.options
    }
    if allowed.isEmpty {
      let fault = HTTPError(.notFound, "there is nothing at \(request.rawPath.prefix(200))")
      return failure(fault, request.requestID)
    }
    if allowed.contains("GET") { allowed.append("HEAD") }
    allowed.append("OPTIONS")
    if request.method == "OPTIONS" {
      return Response(
        status: 204, headers: [("Allow", allowed.joined(separator: ", "))] + options, body: .empty)
    }
    let fault = HTTPError(
      .methodNotAllowed(allowed),
      "\(request.method.prefix(20)) isn't possible here; \(allowed.joined(separator: ", "))")
    return failure(fault, request.requestID)
  }

  public func response(to fault: HTTPError, requestID: String) -> Response {
    failure(fault, requestID)
  }
}
