import Foundation
import HTTP
import Testing

/// Whom requests come from, and how many connections each may have.
@Suite(.serialized) struct PeerTests {
  private static func ask(_ port: Int, _ headers: String = "") throws -> String {
    let client = try RawClient(port: port)
    client.send("GET /client HTTP/1.1\r\nHost: localhost\r\n\(headers)Connection: close\r\n\r\n")
    return client.readAll()
  }

  @Test("a proxy is believed only if it is trusted, and only as far as trusted ones reach")
  func forwarded() async throws {
    let chain = "X-Forwarded-For: 6.6.6.6, 203.0.113.5, 10.0.0.9\r\nX-Forwarded-Proto: https\r\n"
    try await TestServer.run { test in
      let answer = try Self.ask(test.port, chain)
      #expect(answer.hasSuffix("127.0.0.1 false"))
    }
    let trusted = try TrustedProxies(["127.0.0.0/8", "10.0.0.0/8"])
    try await TestServer.run({ $0.trustedProxies = trusted }) { test in
      let (told, plain) = try (Self.ask(test.port, chain), Self.ask(test.port))
      #expect(told.hasSuffix("203.0.113.5 true"))
      #expect(plain.hasSuffix("127.0.0.1 false"))
      let odd = "X-Forwarded-For: 6.6.6.6, nobody, [2001:db8::7]:443\r\nX-Forwarded-Proto: http\r\n"
      let broken = try Self.ask(test.port, odd)
      #expect(broken.hasSuffix("2001:db8::7 false"))
    }
  }

  @Test("over a Unix-domain socket everything is as over a port; the file goes with the server")
  func socket() async throws {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "\(UUID().uuidString.prefix(8)).sock").path(percentEncoded: false)
    func call() throws -> String {
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = ["curl", "-sS", "--unix-socket", path, "http://localhost/client"]
      let pipe = Pipe()
      process.standardOutput = pipe
      try process.run()
      let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      return String(decoding: data, as: UTF8.self)
    }
    try await TestServer.run({ $0.listener = .socket(path: path) }) { test in
      #expect(try call() == "unix false")
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o660)
      #expect(throws: ServerError.self) {
        _ = try TestServer { $0.listener = .socket(path: path) }
      }
      #expect(try call() == "unix false")
    }
    #expect(!FileManager.default.fileExists(atPath: path))
    try Data().write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(throws: ServerError.self) { _ = try TestServer { $0.listener = .socket(path: path) } }
  }

  @Test("connections beyond the limit are told so, and the next one fits when one has gone")
  func limit() async throws {
    try await TestServer.run({ $0.connections = 8 }) { test in
      var open = try (0..<8).map { _ in try RawClient(port: test.port) }
      for client in open {
        client.send("GET /v1/things/1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(client.read(until: "thing 1").contains("200"))
      }
      let refused = try Self.ask(test.port)
      #expect(refused.hasPrefix("HTTP/1.1 503") && refused.contains("--max-connections"))
      open.removeLast().close()
      var answer = refused
      while !answer.hasPrefix("HTTP/1.1 200") { answer = try Self.ask(test.port) }
      #expect(answer.hasSuffix("127.0.0.1 false"))
    }
  }

  @Test(
    "streams without a sign of life count too, and one whose reader broke off is noticed though it says nothing"
  )
  func silentStreams() async throws {
    try await TestServer.run({ $0.streams = 2 }) { test in
      func open() throws -> RawClient {
        let client = try RawClient(port: test.port)
        client.send("GET /silent HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(client.read(until: "begun").contains("200 OK"))
        return client
      }
      var first: RawClient? = try open()
      let second = try open()
      let refused = try RawClient(port: test.port)
      refused.send("GET /silent HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
      #expect(refused.readAll().hasPrefix("HTTP/1.1 503"))
      // Closed with a reset, as by a process that dies with something unread.
      first?.reset()
      first = nil
      while test.server.openStreams > 1 { try await Task.sleep(for: .milliseconds(50)) }
      let third = try open()
      second.close()
      third.close()
    }
  }
}
