import Foundation
import HTTP
import Testing

@Suite(.serialized) struct StreamTests {
  private static let request = "HTTP/1.1\r\nHost: x\r\n\r\n"

  @Test("a stream arrives in chunks, whole")
  func chunks() async throws {
    try await TestServer.run { test in
      let client = try RawClient(port: test.port)
      client.send("GET /stream?chunks=500 \(Self.request)")
      let answer = client.read(until: "chunk 499\n")
      #expect(answer.contains("Transfer-Encoding: chunked"))
      #expect(answer.components(separatedBy: "chunk ").count == 501)
      let head = try RawClient(port: test.port)
      head.send("HEAD /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
      #expect(head.readAll().hasSuffix("\r\n\r\n"))
    }
  }

  @Test("a reader that doesn't read holds its writer, not the memory")
  func slowReader() async throws {
    try await TestServer.run { test in
      let client = try RawClient(port: test.port, receiveBuffer: 4096)
      client.send("GET /endless \(Self.request)")
      // The writer goes on until pipe and sockets are full, and then stands still.
      let held = try await test.written.settled()
      #expect(test.written.value == held)
      #expect(held < 16 << 20)
      #expect(test.server.openStreams == 1)
      client.close()
    }
  }

  @Test("a reader that goes away is noticed")
  func abort() async throws {
    try await TestServer.run { test in
      for _ in 0..<20 {
        let client = try RawClient(port: test.port)
        client.send("GET /endless \(Self.request)")
        _ = client.read(until: "begun")
        client.close()
      }
      for _ in 0..<200 where test.server.openStreams > 0 {
        try await Task.sleep(for: .milliseconds(50))
      }
      #expect(test.server.openStreams == 0)
    }
  }

  @Test("a client that goes away in the middle of its body is noticed")
  func abortedUpload() async throws {
    try await TestServer.run { test in
      for count in [0, 1, 1000] {
        let client = try RawClient(port: test.port)
        client.send("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        client.send([UInt8](repeating: 1, count: count))
        client.close()
      }
      let client = try RawClient(port: test.port)
      client.send("GET /v1/things/9 \(Self.request)")
      #expect(client.read(until: "thing 9").hasSuffix("thing 9"))
    }
  }

  @Test("streams past their limit are refused, and others still answered")
  func streamLimit() async throws {
    try await TestServer.run({ $0.streams = 2 }) { test in
      let clients = try (0..<3).map { _ in try RawClient(port: test.port) }
      for client in clients.prefix(2) {
        client.send("GET /endless \(Self.request)")
        _ = client.read(until: "begun")
      }
      clients[2].send("GET /endless \(Self.request)")
      #expect(clients[2].read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 503"))
      let other = try RawClient(port: test.port)
      other.send("GET /v1/things/1 \(Self.request)")
      #expect(other.read(until: "thing 1").hasPrefix("HTTP/1.1 200"))
      for client in clients { client.close() }
    }
  }

  @Test("headers that dribble in are cut off")
  func slowHeaders() async throws {
    try await TestServer.run({ $0.headerSeconds = 1 }) { test in
      let client = try RawClient(port: test.port)
      client.send("GET / HTTP/1.1\r\nX-")
      var isOpen = true
      for _ in 0..<50 where isOpen {
        isOpen = client.send(Array("a".utf8))
        try await Task.sleep(for: .milliseconds(100))
      }
      #expect(!isOpen)
    }
  }

  @Test("a server ends in order with streams and handlers under way, again and again")
  func drain() async throws {
    for _ in 0..<20 {
      let test = try TestServer()
      let stream = try RawClient(port: test.port)
      stream.send("GET /endless \(Self.request)")
      _ = stream.read(until: "begun")
      let slow = try RawClient(port: test.port)
      slow.send("GET /slow \(Self.request)")
      while test.begun.value == 0 { try await Task.sleep(for: .milliseconds(1)) }
      #expect(await test.server.drain(seconds: 10))
      #expect(slow.readAll().hasSuffix("slow"))
    }
  }

  @Test("a header can't be given line breaks")
  func injection() async throws {
    try await TestServer.run { test in
      let client = try RawClient(port: test.port)
      client.send(
        "GET /header HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\nConnection: close\r\n\r\n")
      let answer = client.readAll()
      #expect(!answer.contains("\r\nX-Evil"))
      #expect(answer.contains("X-Request-Id: mine"))
    }
  }

  @Test("many small requests at once are all answered")
  func concurrency() async throws {
    try await TestServer.run { test in
      let port = test.port
      let right = try await withThrowingTaskGroup(of: Bool.self) { group in
        for index in 0..<200 {
          group.addTask {
            let client = try RawClient(port: port)
            client.send("GET /v1/things/\(index) \(Self.request)")
            return client.read(until: "thing \(index)").hasSuffix("thing \(index)")
          }
        }
        return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(right == 200)
    }
  }
}
