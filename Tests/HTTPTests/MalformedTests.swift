import Foundation
import HTTP
import Testing

/// Every row of the table of what libmicrohttpd lets through, and what else its parser and ours must refuse.
@Suite(.serialized) struct MalformedTests {
  /// A request of which `what` is wrong, and the statuses it may be answered with; 0 for a connection that is closed.
  struct Case: Sendable, CustomTestStringConvertible {
    let what: String
    let request: String
    let statuses: Set<Int>

    var testDescription: String { what }

    init(_ what: String, _ request: String, _ statuses: Set<Int>) {
      self.what = what
      self.request = request
      self.statuses = statuses
    }
  }

  private static func post(_ headers: String, _ body: String = "abc") -> String {
    "POST /echo HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n\r\n\(body)"
  }

  static let cases = [
    Case("length and coding", post("Content-Length: 3\r\nTransfer-Encoding: chunked"), [400]),
    Case("coding and length", post("Transfer-Encoding: chunked\r\nContent-Length: 3"), [400]),
    Case("two lengths", post("Content-Length: 3\r\nContent-Length: 5"), [400]),
    Case("the same length twice", post("Content-Length: 3\r\nContent-Length: 3"), [400]),
    Case("two lengths in one", post("Content-Length: 3, 3"), [400]),
    Case("a coding before chunked", post("Transfer-Encoding: gzip, chunked"), [501, 400]),
    Case("chunked and something after", post("Transfer-Encoding: chunked, identity"), [501, 400]),
    Case("an unknown coding", post("Transfer-Encoding: xchunked"), [501, 400]),
    Case(
      "an unknown coding and a length", post("Transfer-Encoding: xchunked\r\nContent-Length: 3"),
      [400]),
    Case(
      "two codings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), [501, 400]),
    Case("a coding with a tab", post("Transfer-Encoding:\tchunked\u{0B}"), [501, 400]),
    Case(
      "chunks in HTTP/1.0",
      "POST /echo HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
      [400]),
    Case("two hosts", "GET /v1/things/1 HTTP/1.1\r\nHost: localhost\r\nHost: other\r\n\r\n", [400]),
    Case("no host", "GET /v1/things/1 HTTP/1.1\r\n\r\n", [400]),
    Case(
      "a bare carriage return", "GET /v1/things/1 HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n",
      [400]),
    Case("a null byte", "GET /v1/things/1 HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n", [400]),
    Case(
      "a null byte in a name", "GET /v1/things/1 HTTP/1.1\r\nHost: localhost\r\nX\0: a\r\n\r\n",
      [400]),
    Case(
      "a space before the colon", "GET /v1/things/1 HTTP/1.1\r\nHost: localhost\r\nX : a\r\n\r\n",
      [400]),
    Case(
      "a value that goes on in the next line",
      "GET /v1/things/1 HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n", [400]),
    Case(
      "headers above their limit",
      "GET /v1/things/1 HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "x", count: 16 << 10))\r\n\r\n",
      [431]),
    Case("another expectation", post("Expect: 200-maybe\r\nContent-Length: 3"), [417]),
    Case("a negative length", post("Content-Length: -1"), [400]),
    Case("a length with a sign", post("Content-Length: +3"), [400]),
    Case("a length that is no number", post("Content-Length: 0x3"), [400]),
    Case("a huge length", post("Content-Length: 99999999999999999999999"), [400, 413]),
    Case("a length beyond the limit", post("Content-Length: 9223372036854775807"), [413]),
    Case("an empty length", post("Content-Length:"), [400]),
    Case("HTTP/2.0", "GET /v1/things/1 HTTP/2.0\r\nHost: localhost\r\n\r\n", [505, 400]),
    Case("no version of HTTP", "GET /v1/things/1 HTXP/1.1\r\nHost: localhost\r\n\r\n", [400]),
    Case("an escape that is none", "GET /v1/%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", [400]),
    Case("an escaped null byte", "GET /v1/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", [400]),
    Case(
      "an address in another form", "GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
      [400]),
    Case(
      "a chunk whose size is no number",
      post("Transfer-Encoding: chunked", "zz\r\nabc\r\n0\r\n\r\n"), [400, 0]),
    Case(
      "a chunk of a huge size",
      post("Transfer-Encoding: chunked", "ffffffffffffffffff\r\nabc\r\n0\r\n\r\n"), [400, 413, 0]),
    Case(
      "a chunk that is longer than it says",
      post("Transfer-Encoding: chunked", "2\r\nabcdef\r\n0\r\n\r\n"), [400, 0]),
    Case(
      "headers beyond the limit",
      "GET /v1/things/1 HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "a", count: 100_000))\r\n\r\n",
      [431, 413, 0]),
    Case(
      "an address beyond the limit",
      "GET /\(String(repeating: "a", count: 100_000)) HTTP/1.1\r\nHost: localhost\r\n\r\n",
      [414, 0]),
  ]

  /// Asks for something afterwards on the same connection, which must not be answered: what came before can't be told apart
  /// from it.
  @Test("is refused, and nothing after it on the connection is served", arguments: cases)
  func refused(_ one: Case) async throws {
    try await TestServer.run { test in
      let client = try RawClient(port: test.port)
      client.send(one.request + "GET /v1/things/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n")
      let answer = client.readAll()
      #expect(!answer.contains("thing smuggled"), "\(answer.prefix(500))")
      let status =
        answer.isEmpty ? 0 : Int(answer.split(separator: " ").dropFirst().first ?? "") ?? -1
      #expect(one.statuses.contains(status), "\(answer.prefix(300))")
      // The server is as well as before.
      let other = try RawClient(port: test.port)
      other.send("GET /v1/things/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
      #expect(other.readAll().hasSuffix("thing 1"))
    }
  }

  @Test("a name that isn't the server's is refused; its own and listed ones are served")
  func hosts() async throws {
    try await TestServer.run({ $0.allowedHosts = ["Lab.example"] }) { test in
      func status(_ host: String) throws -> String {
        let client = try RawClient(port: test.port)
        client.send("GET /v1/things/1 HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
        return String(client.readAll().prefix(12).suffix(3))
      }
      for host in [
        "localhost", "LOCALHOST:80", "127.0.0.1:\(test.port)", "[::1]:80", "lab.example",
        "lab.example.:8080",
      ] {
        let found = try status(host)
        #expect(found == "200", "\(host)")
      }
      for host in ["evil.example", "lab.example.evil", "127.0.0.1.evil", "", "0.0.0.0"] {
        let found = try status(host)
        #expect(["421", "400"].contains(found), "\(host)")
      }
    }
  }
}
