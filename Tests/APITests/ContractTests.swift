import Foundation
import JSON
import Testing

@testable import API

/// What RFC 9110 and its kin say of every answer.
@Suite(.serialized, .server) struct ContractTests {
  private var server: TestServer { ServerScope.server }

  private func dataset() async throws -> (path: String, body: [UInt8]) {
    let body = Samples.blobs(rows: 200)
    let made = try await server.upload(body, "format=csv")
    return ("/v1/datasets/\(made["id"]?.string ?? "")", body)
  }

  private func run(_ dataset: String) async throws -> String {
    let id = String(dataset.split(separator: "/").last ?? "")
    let made = try await server.client.post("/v1/runs", json: Samples.run(dataset: id, epochs: 1))
    let run = try #require(made.json["id"]?.string, "\(made.text)")
    let ended = try await server.client.get(
      "/v1/runs/\(run)?until=state%3Dsucceeded", ["Prefer": "wait=60"])
    #expect(ended.json["state"] == "succeeded")
    return "/v1/runs/\(run)"
  }

  private func unpacked(_ bytes: [UInt8], _ command: String) throws -> [UInt8] {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(bytes).write(to: file)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [command, "-dc"]
    process.standardInput = try FileHandle(forReadingFrom: file)
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return [UInt8](data)
  }

  @Test(
    "text of some length is compressed as the client likes it, and has a tag of its own",
    arguments: [
      ("gzip", "gzip"), ("zstd", "zstd"), ("gzip, zstd", "zstd"), ("gzip;q=1, zstd;q=0.5", "gzip"),
      ("*", "zstd"), ("zstd;q=0, *;q=0.1", "gzip"),
    ])
  func compression(accepted: String, coding: String) async throws {
    let plain = try await server.client.get("/openapi.json")
    #expect(plain.headers["content-encoding"] == nil)
    #expect(plain.headers["vary"] == "Accept-Encoding")
    let packed = try await server.client.get("/openapi.json", ["Accept-Encoding": accepted])
    #expect(packed.headers["content-encoding"] == coding)
    #expect(packed.body.count < plain.body.count / 4)
    #expect(try unpacked(packed.body, coding) == plain.body)
    let tags = [plain.headers["etag"] ?? "", packed.headers["etag"] ?? ""]
    #expect(tags[0] != tags[1])
    for tag in tags {
      let again = try await server.client.get(
        "/openapi.json", ["Accept-Encoding": accepted, "If-None-Match": "\"other\", \(tag)"])
      #expect(again.status == 304 && again.headers["etag"] == tag && again.body.isEmpty)
    }
  }

  @Test("nothing is compressed that is short, was refused the coding, or whose ranges count bytes")
  func uncompressed() async throws {
    let (path, body) = try await dataset()
    let wants = ["Accept-Encoding": "gzip"]
    #expect(try await server.client.get("/healthz", wants).headers["content-encoding"] == nil)
    let download = try await server.client.get("\(path)/content", wants)
    #expect(download.headers["content-encoding"] == nil && download.body == body)
    for refused in ["identity", "", "gzip;q=0, zstd;q=0", "br", "identity;q=1, gzip;q=0.5"] {
      let answer = try await server.client.get("/openapi.json", ["Accept-Encoding": refused])
      #expect(answer.headers["content-encoding"] == nil, "\(refused)")
    }
  }

  @Test("a stream of rows is compressed too, and the same when it is read")
  func compressedStream() async throws {
    let run = try await run(dataset().path)
    let path = "\(run)/metrics"
    let plain = try await server.client.get(path, ["Accept": "text/csv"])
    let packed = try await server.client.get(
      path, ["Accept": "text/csv", "Accept-Encoding": "gzip"])
    #expect(plain.status == 200 && packed.headers["content-encoding"] == "gzip")
    #expect(try unpacked(packed.body, "gzip") == plain.body)
    let events = try await server.client.get("\(run)/events", ["Accept-Encoding": "gzip"])
    #expect(events.headers["content-encoding"] == nil)
  }

  @Test("one range, several ranges, none that lies in the content")
  func ranges() async throws {
    let (path, body) = try await dataset()
    let content = "\(path)/content"
    func get(_ range: String, _ more: [String: String] = [:]) async throws -> TestClient.Answer {
      try await server.client.get(content, more.merging(["Range": range]) { $1 })
    }
    for (range, expected) in [
      ("bytes=0-9", 0..<10), ("bytes=10-", 10..<body.count),
      ("bytes=-7", body.count - 7..<body.count),
      ("bytes=5-5", 5..<6), ("bytes=0-99999999", 0..<body.count),
      ("bytes=0-4,3-9", 0..<10), ("bytes=0-4, 5-9", 0..<10),
      ("bytes=0-4,99999999-", 0..<5), ("bytes=0-99999999999999999999999999", 0..<body.count),
    ] {
      let answer = try await get(range)
      #expect(answer.status == 206, "\(range)")
      #expect(answer.body == Array(body[expected]), "\(range)")
      #expect(
        answer.headers["content-range"]
          == "bytes \(expected.lowerBound)-\(expected.upperBound - 1)/\(body.count)")
    }
    let several = try await get("bytes=0-4,-3,100-109")
    #expect(several.status == 206)
    let boundary = try #require(
      several.headers["content-type"]?.split(separator: "boundary=").last.map(String.init))
    var expected = ""
    for part in [0..<5, body.count - 3..<body.count, 100..<110] {
      expected += "\r\n--\(boundary)\r\nContent-Type: application/octet-stream\r\n"
      expected +=
        "Content-Range: bytes \(part.lowerBound)-\(part.upperBound - 1)/\(body.count)\r\n\r\n"
      expected += String(decoding: body[part], as: UTF8.self)
    }
    #expect(several.text == expected + "\r\n--\(boundary)--\r\n")
    #expect(several.headers["content-length"] == "\(several.body.count)")
    for range in ["bytes=99999999-", "bytes=-0", "bytes=99999999-,-0"] {
      let answer = try await get(range)
      #expect(answer.status == 416, "\(range)")
      #expect(answer.headers["content-range"] == "bytes */\(body.count)")
    }
    let many = "bytes=" + (0..<17).map { "\($0 * 4)-\($0 * 4)" }.joined(separator: ",")
    for range in ["bytes=5-2", "bytes=x-", "bytes=", "bytes=1", "lines=1-2", "bytes=0-1,x", many] {
      let answer = try await get(range)
      #expect(answer.status == 200 && answer.body == body, "\(range)")
    }
    let tag = try await server.client.get(content).headers["etag"] ?? ""
    #expect(try await get("bytes=0-1", ["If-Range": tag]).status == 206)
    #expect(try await get("bytes=0-1", ["If-Range": "\"other\""]).status == 200)
    let head = try await server.client.send("HEAD", content, ["Range": "bytes=0-1"])
    #expect(head.status == 200 && head.headers["content-length"] == "\(body.count)")
  }

  @Test("digests say what was sent, where it is asked for or known")
  func digests() async throws {
    let (path, _) = try await dataset()
    let content = try await server.client.get("\(path)/content")
    let digest = try await server.client.get(path).json["sha256"]?.string ?? ""
    let bytes = stride(from: 0, to: digest.count, by: 2).compactMap { start -> UInt8? in
      let from = digest.index(digest.startIndex, offsetBy: start)
      return UInt8(digest[from..<digest.index(from, offsetBy: 2)], radix: 16)
    }
    let expected = "sha-256=:\(Data(bytes).base64EncodedString()):"
    #expect(content.headers["repr-digest"] == expected)
    let part = try await server.client.get("\(path)/content", ["Range": "bytes=0-3"])
    #expect(part.headers["repr-digest"] == expected)
    let asked = try await server.client.get("/healthz", ["Want-Content-Digest": "sha-256=10"])
    // `printf '{"status":"alive"}' | openssl dgst -sha256 -binary | base64`
    #expect(
      asked.headers["content-digest"] == "sha-256=:vCSwtaMF1a/BmMcliQyPuRBTvi29hnJ3nec8rBmgCPo=:")
    #expect(try await server.client.get("/healthz").headers["content-digest"] == nil)
  }

  @Test("what a client thinks it changes must still be so")
  func preconditions() async throws {
    let (path, _) = try await dataset()
    let run = try await run(path)
    for thing in [run, path] {
      let tag = try await server.client.get(thing).headers["etag"] ?? ""
      #expect(try await server.client.get(thing, ["If-None-Match": tag]).status == 304)
      let stale = try await server.client.send("DELETE", thing, ["If-Match": "\"stale\""])
      #expect(stale.status == 412 && stale.json["type"] == "/problems/precondition-failed")
      let weak = try await server.client.send("DELETE", thing, ["If-Match": "W/\(tag)"])
      #expect(weak.status == 412)
      if thing == run {
        let change = ["If-Match": tag, "Content-Type": "application/json"]
        let body = Array(#"{"name": "renamed"}"#.utf8)
        #expect(try await server.client.send("PATCH", run, change, body: body).status == 200)
        #expect(try await server.client.send("PATCH", run, change, body: body).status == 412)
      }
      let now = try await server.client.get(thing).headers["etag"] ?? ""
      #expect(try await server.client.send("DELETE", thing, ["If-Match": now]).status == 204)
    }
  }

  @Test("OPTIONS and 405 list what is possible, HEAD says what GET would")
  func methods() async throws {
    let options = try await server.client.send("OPTIONS", "/v1/runs")
    #expect(options.status == 204)
    #expect(options.headers["allow"] == "GET, POST, HEAD, OPTIONS")
    let wrong = try await server.client.send("PUT", "/v1/runs", body: [])
    #expect(wrong.status == 405 && wrong.headers["allow"] == "GET, POST, HEAD, OPTIONS")
    for path in ["/openapi.yaml", "/v1/runs", "/v1/catalog"] {
      for coding in ["identity", "gzip"] {
        let get = try await server.client.get(path, ["Accept-Encoding": coding])
        let head = try await server.client.send("HEAD", path, ["Accept-Encoding": coding])
        #expect(head.body.isEmpty)
        for name in ["content-type", "content-length", "etag", "content-encoding", "vary"] {
          #expect(head.headers[name] == get.headers[name], "\(path) \(name)")
        }
      }
    }
    #expect(try await server.client.get("/healthz").headers["date"]?.hasSuffix(" GMT") == true)
  }

  @Test("a page of another origin may read nothing and change nothing, unless it is listed")
  func origins() async throws {
    let client = server.client
    let foreign = ["Origin": "https://elsewhere.example"]
    for headers in [foreign, ["Sec-Fetch-Site": "cross-site"], ["Origin": "null"]] {
      let answer = try await client.post("/v1/models", json: Samples.model, headers)
      #expect(answer.status == 403 && answer.json["type"] == "/problems/forbidden")
    }
    let read = try await client.get("/v1/models", foreign)
    #expect(read.status == 200 && read.headers["access-control-allow-origin"] == nil)
    #expect(read.json["data"] == [])
    let own = ["Origin": "http://127.0.0.1"]
    #expect(try await client.post("/v1/models", json: Samples.model, own).status == 201)
    let other = try await TestServer(origins: ["https://lab.example"])
    let listed = ["Origin": "https://lab.example"]
    let made = try await other.client.post("/v1/models", json: Samples.model, listed)
    #expect(made.status == 201)
    #expect(made.headers["access-control-allow-origin"] == "https://lab.example")
    #expect(made.headers["access-control-expose-headers"]?.contains("Location") == true)
    let preflight = try await other.client.send(
      "OPTIONS", "/v1/models", listed.merging(["Access-Control-Request-Method": "POST"]) { $1 })
    #expect(preflight.status == 204)
    #expect(preflight.headers["access-control-allow-methods"]?.contains("POST") == true)
    #expect(preflight.headers["access-control-allow-headers"]?.contains("Authorization") == true)
    #expect(preflight.headers["vary"]?.contains("Origin") == true)
    let refused = try await other.client.send(
      "OPTIONS", "/v1/models", foreign.merging(["Access-Control-Request-Method": "POST"]) { $1 })
    #expect(refused.headers["access-control-allow-origin"] == nil)
    await other.stop()
  }

  @Test("every answer says how it may be used: also those that HTTP itself refuses")
  func safety() async throws {
    let answers = [
      try await server.client.get("/healthz"), try await server.client.get("/nothing"),
      try await server.client.get("/"),
      try await server.client.raw(Array("GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)),
    ]
    for answer in answers {
      #expect(answer.headers["x-content-type-options"] == "nosniff")
      #expect(answer.headers["referrer-policy"] == "no-referrer")
      #expect(answer.headers["x-frame-options"] == "DENY")
      #expect(answer.headers["x-request-id"]?.isEmpty == false)
    }
  }
}
