import HTTP
import Synchronization

/// Bytes that passed a point.
final class ByteCounter: Sendable {
  private let count = Atomic<Int>(0)

  /// The count once it has stood still for half a second above 0; the last one after many tries.
  func settled() async throws -> Int {
    var held = 0
    for _ in 0..<40 {
      let now = value
      if now == held, now > 0 { return now }
      held = now
      try await Task.sleep(for: .milliseconds(500))
    }
    return held
  }

  func add(_ bytes: Int) { count.wrappingAdd(bytes, ordering: .relaxed) }
  var value: Int { count.load(ordering: .relaxed) }
}

/// A server of a few endpoints on a port of its own.
struct TestServer {
  let server: Server
  let port: Int
  /// `/stall` reads nothing until something is counted here.
  let released = ByteCounter()
  /// What the writer of `/endless` has got rid of.
  let written = ByteCounter()
  /// Handlers of `/slow` that have begun.
  let begun = ByteCounter()

  init(_ change: (inout ServerConfiguration) -> Void = { _ in }) throws {
    var configuration = ServerConfiguration()
    configuration.listener = .address(host: "127.0.0.1", port: 0)
    change(&configuration)
    server = Server(configuration: configuration, responder: Self.router(written, released, begun))
    port = try server.start()
  }

  /// Runs a test against a server, and ends it in order.
  static func run(
    _ change: (inout ServerConfiguration) -> Void = { _ in },
    _ body: (TestServer) async throws -> Void
  ) async throws {
    let test = try TestServer(change)
    do {
      try await body(test)
    } catch {
      await test.server.drain(seconds: 5)
      throw error
    }
    await test.server.drain(seconds: 5)
  }

  private static func text(_ text: String, status: Int = 200) -> Response {
    Response(
      status: status, headers: [("Content-Type", "text/plain")], body: .bytes(Array(text.utf8)))
  }

  static func router(
    _ written: ByteCounter, _ released: ByteCounter, _ begun: ByteCounter
  ) -> Router {
    var router = Router { fault, id in
      text("\(fault.code): \(fault.message)", status: status(fault))
    }
    router.add("GET", "/v1/things/{id}") { _, parameters in text("thing \(parameters["id"] ?? "")")
    }
    router.add("DELETE", "/v1/things/{id}") { _, _ in Response(status: 204) }
    router.add("POST", "/v1/things/{id}:cancel") { _, parameters in
      text("cancel \(parameters["id"] ?? "")")
    }
    router.add("POST", "/v1/things:validate") { _, _ in text("validated") }
    router.add("GET", "/query") { request, _ in
      text(request.query.items.map { "\($0.name)=\($0.value)" }.joined(separator: ";"))
    }
    router.add("POST", "/echo") { request, _ in
      do {
        return text("got \(try await request.body.collect(upTo: 1 << 20).count)")
      } catch let error as HTTPError {
        return text("\(error.code)", status: status(error))
      } catch {
        return text("\(error)", status: 500)
      }
    }
    router.add("POST", "/count") { request, _ in
      var count = 0
      do {
        for try await chunk in request.body { count += chunk.count }
      } catch {
        return text("\(error)", status: 500)
      }
      return text("counted \(count)")
    }
    router.add("POST", "/stall") { request, _ in
      while released.value == 0 { try? await Task.sleep(for: .milliseconds(10)) }
      return text("counted \((try? await request.body.reduce(0) { $0 + $1.count }) ?? -1)")
    }
    router.add("GET", "/stream") { request, _ in
      let chunks = Int(request.query["chunks"] ?? "3") ?? 3
      return Response(
        status: 200,
        body: .stream(
          StreamBody { writer in
            for index in 0..<chunks { try await writer.write(Array("chunk \(index)\n".utf8)) }
          }))
    }
    router.add("GET", "/endless") { _, _ in
      Response(
        status: 200,
        body: .stream(
          StreamBody(isOpenEnded: true, heartbeat: Array(": still here\n\n".utf8)) { writer in
            try await writer.write(Array("begun\n".utf8))
            while true {
              try await Task.sleep(for: .milliseconds(5))
              try await writer.write([UInt8](repeating: 0x61, count: 1 << 16))
              written.add(1 << 16)
            }
          }))
    }
    router.add("GET", "/slow") { _, _ in
      begun.add(1)
      try? await Task.sleep(for: .milliseconds(300))
      return text("slow")
    }
    router.add("GET", "/silent") { _, _ in
      Response(
        status: 200,
        body: .stream(
          StreamBody(isOpenEnded: true) { writer in
            try await writer.write(Array("begun\n".utf8))
            try await Task.sleep(for: .seconds(600))
          }))
    }
    router.add("GET", "/client") { request, _ in text("\(request.client) \(request.isSecure)") }
    router.add("GET", "/header") { _, _ in
      Response(status: 200, headers: [("X-Name", "a\r\nX-Evil: 1")], body: .empty)
    }
    return router
  }

  private static func status(_ fault: HTTPError) -> Int {
    switch fault.code {
    case .badRequest: 400
    case .notFound: 404
    case .methodNotAllowed: 405
    case .bodyTooLarge: 413
    case .expectationFailed: 417
    case .headersTooLarge: 431
    case .notImplemented: 501
    case .overloaded: 503
    case .misdirected: 421
    case .tooManyConnections: 429
    case .disconnected, .internalFault: 500
    }
  }
}
