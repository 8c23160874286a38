import CMicroHTTPD
import Foundation

/// One request and its answer, on the library's side.
///
/// The library calls on its threads: first with the headers, then with stretches of the body, at last
/// without any, when the answer is wanted. The handler runs elsewhere; while it isn't done the
/// connection is suspended.
final class Exchange: @unchecked Sendable {
  private let server: Server
  private let target: String
  private let gate: ConnectionGate
  private let connection: OpaquePointer
  // Touched on the library's thread only.
  private var hasBegun = false
  private var isHead = false
  private var requestID = ""
  private var body: IncomingBody?
  private var task: Task<Void, Never>?
  // Guarded by `gate.lock`.
  private var response: Response?
  private var stream: OutgoingStream?

  init(server: Server, target: String, connection: OpaquePointer) {
    self.server = server
    self.target = target
    self.connection = connection
    gate = ConnectionGate(connection: connection, exchanges: server.exchanges)
  }

  /// What the library's access handler does.
  func proceed(
    method: String, version: String, upload: UnsafePointer<CChar>?, size: UnsafeMutablePointer<Int>
  ) -> MHD_Result {
    if !hasBegun {
      guard server.exchanges.begin() else { return .NO }
      hasBegun = true
      return begin(method: method, version: version)
    }
    if size.pointee > 0, let upload {
      let count = size.pointee
      size.pointee = 0
      let goesOn = upload.withMemoryRebound(to: UInt8.self, capacity: count) {
        body?.receive(UnsafeBufferPointer(start: $0, count: count)) ?? true
      }
      server.connections.received(count, connection, isHeldBack: gate.isWaiting)
      return goesOn ? .YES : .NO
    }
    body?.finish()
    server.connections.enter(.answer, connection)
    let (ready, waits) = gate.lock.withLock {
      (response, response == nil && gate.suspend())
    }
    guard let ready else { return waits ? .YES : .NO }
    return send(ready)
  }

  /// The headers are there: the request is checked and handed to its handler.
  private func begin(method: String, version: String) -> MHD_Result {
    let headers = readHeaders()
    isHead = method == "HEAD"
    requestID = RequestID.accepted(headers["X-Request-Id"]) ?? RequestID.make()
    let request: Request
    do throws(HTTPError) {
      let (peer, excess) = server.connections.peer(connection)
      if let excess { throw excess }
      try HeaderValidator.check(version: version, headers: headers)
      let size = chainrule_header_size(connection)
      try HeaderValidator.check(size: size, most: server.configuration.headerBytes)
      try HeaderValidator.check(size: size, line: [method, target, version], headers: headers)
      try server.hosts.check(headers)
      let origin = server.configuration.trustedProxies.origin(of: peer, headers)
      let target = try RequestTarget(target)
      let length = headers["Content-Length"].flatMap { Int($0) }
      if headers["Content-Length"] != nil,
        length == nil || length ?? 0 > server.configuration.bodyBytes
      {
        throw HTTPError(
          .bodyTooLarge,
          "the body has more than the \(server.configuration.bodyBytes) bytes allowed (--max-upload)"
        )
      }
      let hasBody = length ?? 0 > 0 || headers["Transfer-Encoding"] != nil
      if hasBody { body = IncomingBody(gate: gate) }
      request = Request(
        method: method, rawPath: target.rawPath, segments: target.segments, query: target.query,
        headers: headers, requestID: requestID, client: origin.client.text,
        isSecure: server.configuration.tls != nil || origin.isSecure,
        body: RequestBody(source: body, announcedLength: length))
    } catch {
      // Nothing of the body was read; what follows on this connection can't be told apart from it.
      var answer = server.responder.response(to: error, requestID: requestID)
      answer.headers.append(("Connection", "close"))
      return send(answer)
    }
    server.connections.enter(
      .body(received: 0, expected: request.body.announcedLength), connection)
    if server.responder.isQuick(request) {
      task = Task.immediate { [self] in deliver(await server.responder.respond(to: request)) }
    } else {
      task = Task(executorPreference: server.executor) { [self] in
        deliver(await server.responder.respond(to: request))
      }
    }
    return .YES
  }

  private func readHeaders() -> Headers {
    var headers = Headers()
    withUnsafeMutablePointer(to: &headers) { pointer in
      _ = MHD_get_connection_values_n(
        connection, .HEADER_KIND,
        { context, _, name, nameSize, value, valueSize in
          guard let context, let name else { return .YES }
          let text = { (start: UnsafePointer<CChar>?, count: Int) in
            String(
              decoding: UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count),
              as: UTF8.self)
          }
          context.assumingMemoryBound(to: Headers.self).pointee.append(
            text(name, nameSize), text(value, valueSize))
          return .YES
        }, pointer)
    }
    return headers
  }

  /// The handler's answer; what is left of the body is of no interest any more.
  private func deliver(_ response: Response) {
    body?.abandon()
    gate.lock.withLock {
      self.response = response
      gate.resume()
    }
  }

  private func send(_ response: Response) -> MHD_Result {
    var response = response
    if case .stream(let body) = response.body, body.isOpenEnded, !server.hasRoomForStreams {
      response = server.responder.response(
        to: HTTPError(
          .overloaded(retryAfter: 10),
          "\(server.mostStreams) event streams are open, as many as may be (--max-streams)"),
        requestID: requestID)
    }
    response.headers.append(("X-Request-Id", requestID))
    if server.configuration.tls != nil { response.headers.append(Self.onlySecure) }
    var made = OutgoingResponse(response, isHead: isHead, gate: gate)
    if made == nil {
      // A file that is gone or can't be opened.
      response = server.responder.response(
        to: HTTPError(.internalFault, "the content can't be read"), requestID: requestID)
      response.headers.append(("X-Request-Id", requestID))
      made = OutgoingResponse(response, isHead: isHead, gate: gate)
    }
    guard let outgoing = made else { return .NO }
    if let stream = outgoing.stream {
      gate.lock.withLock { self.stream = stream }
      server.add(stream)
    }
    let result = MHD_queue_response(connection, UInt32(response.status), outgoing.handle)
    MHD_destroy_response(outgoing.handle)
    if let stream = outgoing.stream, let body = outgoing.streamBody { write(body, to: stream) }
    return result
  }

  /// Browsers come over TLS from now on, for two years (RFC 6797).
  private static let onlySecure = ("Strict-Transport-Security", "max-age=63072000")

  private func write(_ body: StreamBody, to stream: OutgoingStream) {
    task = Task(executorPreference: server.executor) {
      do {
        try await body.write(ResponseWriter(stream: stream))
        stream.finish(failed: false)
      } catch {
        stream.finish(failed: true)
      }
    }
  }

  /// The request is over, answered or not.
  func complete() {
    gate.close()
    if hasBegun { server.exchanges.end() }
    body?.fail(HTTPError(.disconnected, "the client went away"))
    if let stream = gate.lock.withLock({ self.stream }) {
      stream.close()
      server.remove(stream)
    }
    task?.cancel()
    server.connections.enter(.headers(isFirst: false), connection)
  }
}

/// Names of requests, in logs and answers.
enum RequestID {
  /// A client's own, if it is short and plain.
  static func accepted(_ text: String?) -> String? {
    guard let text, (1...128).contains(text.utf8.count),
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return nil }
    return text
  }

  static func make() -> String {
    // `UUID()` makes the same one each time when no more files may be opened.
    let halves = (0..<2).map { _ in
      let text = String(UInt64.random(in: 0...(.max)), radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }
    return halves.joined(separator: "-")
  }
}
