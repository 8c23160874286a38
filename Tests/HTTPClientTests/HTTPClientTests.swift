import Foundation
import HTTP
import Synchronization
import Testing

@testable import HTTPClient

/// The client against our own server.
@Suite(.timeLimit(.minutes(2))) struct HTTPClientTests {
  private func text(_ text: String, status: Int = 200) -> Response {
    Response(status: status, headers: [("X-Answer", "yes")], body: .bytes(Array(text.utf8)))
  }

  /// Runs a test against a server, with its address.
  private func serving(_ body: (String) async throws -> Void) async throws {
    var router = Router { fault, _ in
      Response(status: 404, body: .bytes(Array("\(fault)".utf8)))
    }
    router.add("GET", "/hello") { _, _ in text("hello") }
    router.add("GET", "/moved") { _, _ in
      Response(status: 302, headers: [("Location", "/hello")])
    }
    router.add("POST", "/echo") { request, _ in
      do {
        let bytes = try await request.body.collect(upTo: 64 << 20)
        let type = request.headers["Content-Type"] ?? "none"
        let length = request.headers["Content-Length"] ?? "none"
        return Response(
          status: 201, headers: [("X-Type", type), ("X-Length", length)], body: .bytes(bytes))
      } catch {
        return text("\(error)", status: 500)
      }
    }
    router.add("GET", "/lines") { _, _ in
      Response(
        status: 200,
        body: .stream(
          StreamBody { writer in
            for number in 0..<1000 {
              try await writer.write(
                Array("\(number) \(String(repeating: "x", count: 500))\n".utf8))
            }
          }))
    }
    router.add("GET", "/never") { _, _ in
      try? await Task.sleep(for: .seconds(600))
      return text("late")
    }
    var configuration = ServerConfiguration()
    configuration.listener = .address(host: "127.0.0.1", port: 0)
    let server = Server(configuration: configuration, responder: router)
    let port = try server.start()
    do {
      try await body("http://127.0.0.1:\(port)")
    } catch {
      await server.drain(seconds: 5)
      throw error
    }
    await server.drain(seconds: 5)
  }

  private func fault(_ request: ClientRequest) async -> HTTPClientError.Code? {
    do {
      _ = try await HTTPClient().send(request)
      return nil
    } catch {
      return (error as? HTTPClientError)?.code
    }
  }

  @Test("what is sent arrives, and what is answered comes back")
  func roundTrips() async throws {
    try await serving { base in
      let hello = try await HTTPClient().send(ClientRequest("GET", "\(base)/hello"))
      #expect(hello.response.status == 200 && hello.body == Array("hello".utf8))
      #expect(hello.response.header("x-answer") == "yes")
      let head = try await HTTPClient().send(ClientRequest("HEAD", "\(base)/hello"))
      #expect(head.response.status == 200 && head.body.isEmpty)
      #expect(head.response.header("Content-Length") == "5")
      let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let echo = try await HTTPClient().send(
        ClientRequest(
          "POST", "\(base)/echo", headers: [("Content-Type", "application/json")],
          body: .bytes(bytes)))
      #expect(echo.response.status == 201 && echo.body == bytes)
      #expect(echo.response.header("X-Type") == "application/json")
      let empty = try await HTTPClient().send(ClientRequest("POST", "\(base)/echo"))
      #expect(empty.response.header("X-Length") == "0" && empty.body.isEmpty)
      let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
      defer { try? FileManager.default.removeItem(at: file) }
      try Data(bytes).write(to: file)
      let upload = try await HTTPClient().send(
        ClientRequest("POST", "\(base)/echo", body: .file(file)))
      #expect(upload.body == bytes && upload.response.header("X-Length") == "\(bytes.count)")
      #expect(upload.response.header("X-Type") == "none")
    }
  }

  @Test("a redirect is an answer like another")
  func redirects() async throws {
    try await serving { base in
      let moved = try await HTTPClient().send(ClientRequest("GET", "\(base)/moved"))
      #expect(moved.response.status == 302 && moved.response.header("Location") == "/hello")
    }
  }

  @Test("a stream comes piece by piece; what its reader throws ends it")
  func streams() async throws {
    struct Enough: Error {}
    try await serving { base in
      let count = Mutex(0)
      let heads = Mutex(0)
      _ = try await HTTPClient().stream(
        ClientRequest("GET", "\(base)/lines"), head: { _ in heads.withLock { $0 += 1 } }
      ) { bytes in count.withLock { $0 += bytes.count { $0 == 0x0A } } }
      let (lines, tellings) = (count.withLock { $0 }, heads.withLock { $0 })
      #expect(lines == 1000 && tellings == 1)
      await #expect(throws: Enough.self) {
        _ = try await HTTPClient().stream(ClientRequest("GET", "\(base)/lines")) { _ in
          throw Enough()
        }
      }
    }
  }

  @Test("each way to fail has its name")
  func faults() async throws {
    try await serving { base in
      var late = ClientRequest("GET", "\(base)/never")
      late.seconds = 0.3
      #expect(await fault(late) == .timedOut)
      var long = ClientRequest("GET", "\(base)/lines")
      long.mostBytes = 10_000
      #expect(await fault(long) == .tooLarge)
      #expect(await fault(ClientRequest("GET", "ftp://127.0.0.1/")) == .badURL)
      #expect(await fault(ClientRequest("GET", "file:///etc/passwd")) == .badURL)
      #expect(await fault(ClientRequest("GET", "http://nobody.invalid/")) == .unresolved)
      #expect(await fault(ClientRequest("GET", "http://127.0.0.1:1/")) == .unreachable)
      #expect(
        await fault(ClientRequest("GET", base.replacing("http:", with: "https:"))) == .insecure)
      let nothing = URL(filePath: "/nothing/here")
      #expect(
        await fault(ClientRequest("POST", "\(base)/echo", body: .file(nothing))) == .unreadable)
    }
  }

  @Test("a task that is cancelled ends its transfer")
  func cancellation() async throws {
    try await serving { base in
      let task = Task { await fault(ClientRequest("GET", "\(base)/never")) }
      task.cancel()
      #expect(await task.value == .cancelled)
    }
  }

  @Test("a pinned address is asked, whatever the host's name leads to")
  func pinning() async throws {
    try await serving { base in
      let port = base.split(separator: ":").last ?? ""
      var request = ClientRequest("GET", "http://nobody.invalid:\(port)/hello")
      request.pinnedAddress = "127.0.0.1"
      let hello = try await HTTPClient().send(request)
      #expect(hello.body == Array("hello".utf8))
      request.pinnedAddress = "::1"
      #expect(await fault(request) == .unreachable)
    }
  }
}
