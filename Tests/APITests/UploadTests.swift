import Digests
import Foundation
import JSON
import Store
import Testing

@testable import API

/// Uploads that come piece by piece, over a socket, as the tus protocol 1.0.0 has them.
@Suite(.serialized, .timeLimit(.minutes(3))) struct UploadTests {
  private let data = Samples.blobs(rows: 300)

  /// An upload of so many bytes; its path.
  private func begin(
    _ server: TestServer, _ length: Int, _ headers: [String: String] = [:], body: [UInt8]? = nil
  ) async throws -> String {
    var all = headers
    all["Upload-Length"] = "\(length)"
    all["Tus-Resumable"] = "1.0.0"
    if body != nil { all["Content-Type"] = "application/offset+octet-stream" }
    let answer = try await server.client.send("POST", "/v1/uploads", all, body: body ?? [])
    #expect(answer.status == 201, "\(answer.text)")
    #expect(answer.headers["tus-resumable"] == "1.0.0")
    return try #require(answer.headers["location"])
  }

  private func piece(
    _ server: TestServer, _ path: String, at offset: Int, _ bytes: some Sequence<UInt8>,
    _ headers: [String: String] = [:]
  ) async throws -> TestClient.Answer {
    var all = headers
    all["Content-Type"] = all["Content-Type"] ?? "application/offset+octet-stream"
    all["Upload-Offset"] = "\(offset)"
    return try await server.client.send("PATCH", path, all, body: Array(bytes))
  }

  private func digest(_ bytes: some Sequence<UInt8>) -> String {
    "sha-256=:\(SHA256.digest(of: bytes).base64):"
  }

  @Test("OPTIONS tells what the server speaks, as the protocol's discovery has it")
  func discovery() async throws {
    try await TestServer().used { server in
      let answer = try await server.client.send("OPTIONS", "/v1/uploads")
      #expect(answer.status == 204)
      #expect(answer.headers["tus-version"] == "1.0.0")
      #expect(answer.headers["tus-resumable"] == "1.0.0")
      #expect(answer.headers["tus-max-size"] == "\(4 << 20)")
      let extensions = answer.headers["tus-extension"]?.split(separator: ",") ?? []
      #expect(
        extensions == [
          "creation", "creation-with-upload", "expiration", "termination", "concatenation",
        ])
      #expect(answer.headers["allow"] == "GET, POST, HEAD, OPTIONS")
    }
  }

  @Test("pieces make a dataset of the same bytes, which takes the upload's place")
  func pieces() async throws {
    try await TestServer().used { server in
      let client = server.client
      let path = try await begin(
        server, data.count, ["Upload-Metadata": "filename YmxvYnMuY3N2,private"],
        body: Array(data.prefix(100)))
      let asked = try await client.send("HEAD", path, ["Tus-Resumable": "1.0.0"])
      #expect(asked.status == 200)
      #expect(asked.headers["upload-offset"] == "100")
      #expect(asked.headers["upload-length"] == "\(data.count)")
      #expect(asked.headers["upload-metadata"] == "filename YmxvYnMuY3N2,private")
      #expect(asked.headers["cache-control"] == "no-store")
      let expires = try #require(asked.headers["upload-expires"])
      #expect(expires.hasSuffix(" GMT"))
      let shown = try await client.get(path)
      #expect(shown.json["metadata"] == ["filename": "blobs.csv", "private": ""])
      #expect(shown.json["offset"] == 100 && shown.json["is_whole"] == false)
      // Not whole yet.
      let id = try #require(shown.json["id"]?.string)
      let early = try await client.send("POST", "/v1/datasets?format=csv&upload=\(id)", body: [])
      #expect(early.status == 409 && early.text.contains("100 of \(data.count)"), "\(early.text)")

      let second = try await piece(server, path, at: 100, data[100..<1000])
      #expect(second.status == 204 && second.headers["upload-offset"] == "1000")
      // The same again is no more where the upload ends, and the answer says where that is.
      let again = try await piece(server, path, at: 100, data[100..<1000])
      #expect(again.status == 409 && again.headers["upload-offset"] == "1000")
      let last = try await piece(
        server, path, at: 1000, data[1000...], ["Content-Digest": digest(data[1000...])])
      #expect(last.status == 204 && last.headers["upload-offset"] == "\(data.count)")
      let beyond = try await piece(server, path, at: data.count, [0])
      #expect(beyond.status == 413, "\(beyond.text)")

      // What is wrong with the options can be put right without sending it all again.
      let wrong = try await client.send(
        "POST", "/v1/datasets?format=csv&target=nowhere&upload=\(id)", body: [])
      #expect(wrong.status == 422)
      let made = try await client.send(
        "POST", "/v1/datasets?format=csv&upload=\(id)", ["Idempotency-Key": "once"], body: [])
      #expect(made.status == 201, "\(made.text)")
      #expect(made.json["sha256"]?.string == SHA256.digest(of: data).hexadecimal)
      let repeated = try await client.send(
        "POST", "/v1/datasets?format=csv&upload=\(id)", ["Idempotency-Key": "once"], body: [])
      #expect(repeated.body == made.body)
      let content = try await client.get("/v1/datasets/\(made.json["id"]?.string ?? "")/content")
      #expect(content.body == data)
      #expect(try await client.get(path).status == 404)
      #expect(try await client.get("/v1/uploads").json["data"] == [])
      #expect(server.filesLeft().count == 1)
    }
  }

  @Test("a piece with a digest comes whole and right, or not at all")
  func digests() async throws {
    try await TestServer().used { server in
      let path = try await begin(server, 1000)
      let wrong = try await piece(
        server, path, at: 0, data[..<500], ["Content-Digest": digest(data[1...500])])
      #expect(wrong.status == 422, "\(wrong.text)")
      #expect(try await server.client.get(path).json["offset"] == 0)
      let right = try await piece(
        server, path, at: 0, data[..<500], ["Content-Digest": digest(data[..<500])])
      #expect(right.status == 204)
      #expect(try await server.client.get(path).json["offset"] == 500)
    }
  }

  @Test("the digest of the whole that was announced is held against it")
  func wholeDigest() async throws {
    try await TestServer().used { server in
      for (announced, status) in [(digest(data), 201), (digest(data.dropLast()), 409)] {
        let path = try await begin(
          server, data.count, ["Repr-Digest": announced], body: data)
        let id = path.split(separator: "/").last ?? ""
        let made = try await server.client.send(
          "POST", "/v1/datasets?format=csv&upload=\(id)", body: [])
        #expect(made.status == status, "\(made.text)")
      }
    }
  }

  @Test("what came of a piece that was cut off stays, and the upload goes on from there")
  func cutOff() async throws {
    try await TestServer().used { server in
      let path = try await begin(server, data.count)
      let head = """
        PATCH \(path) HTTP/1.1\r\nHost: localhost\r\nUpload-Offset: 0\r\n\
        Content-Type: application/offset+octet-stream\r\nContent-Length: \(data.count)\r\n\r\n
        """
      // Closes behind half of what it announced.
      try await server.client.abandon(Array(head.utf8) + data.prefix(data.count / 2))
      var offset = 0
      for _ in 0..<100 where offset < data.count / 2 {
        offset = try await server.client.get(path).json["offset"]?.integer ?? 0
        try await Task.sleep(for: .milliseconds(50))
      }
      #expect(offset == data.count / 2)
      var rest: TestClient.Answer?
      // The piece before may still hold the upload for a moment.
      for _ in 0..<100 where rest?.status != 204 {
        rest = try await piece(server, path, at: offset, data[offset...])
        if rest?.status != 204 { try await Task.sleep(for: .milliseconds(50)) }
      }
      #expect(rest?.status == 204, "\(rest?.text ?? "")")
      let id = path.split(separator: "/").last ?? ""
      let made = try await server.client.send(
        "POST", "/v1/datasets?format=csv&upload=\(id)", body: [])
      #expect(made.json["sha256"]?.string == SHA256.digest(of: data).hexadecimal)
    }
  }

  @Test("formats of several files take an upload a part")
  func parts() async throws {
    try await TestServer().used { server in
      let (features, targets) = Samples.arrays(rows: 40)
      var ids: [String] = []
      for bytes in [features, targets] {
        let path = try await begin(server, bytes.count, body: bytes)
        ids.append(String(path.split(separator: "/").last ?? ""))
      }
      let query = "upload=features:\(ids[0]),targets:\(ids[1])"
      let twice = try await server.client.send(
        "POST", "/v1/datasets?upload=features:\(ids[0]),features:\(ids[1])", body: [])
      #expect(twice.status == 422 && twice.text.contains("came twice"))
      let unknown = try await server.client.send(
        "POST", "/v1/datasets?upload=feature:\(ids[0])", body: [])
      #expect(unknown.status == 422 && unknown.text.contains("did you mean"), "\(unknown.text)")
      let made = try await server.client.send("POST", "/v1/datasets?\(query)", body: [])
      #expect(made.status == 201 && made.json["examples"] == 40, "\(made.text)")
    }
  }

  @Test("weights and archives of runs come this way too")
  func others() async throws {
    try await TestServer().used { server in
      let client = server.client
      let dataset = try await server.upload(data, "format=csv")
      let run = try await client.post(
        "/v1/runs", json: Samples.run(dataset: dataset["id"]?.string ?? "", epochs: 1))
      let name = try #require(run.json["id"]?.string)
      _ = try await client.get("/v1/runs/\(name)?until=state%3Dsucceeded", ["Prefer": "wait=60"])
      let weights = try await client.get("/v1/runs/\(name)/weights").body
      let archive = try await client.get("/v1/runs/\(name)/archive").body
      #expect(try await client.delete("/v1/runs/\(name)").status == 204)
      for (bytes, target) in [(weights, "/v1/weights"), (archive, "/v1/runs:import")] {
        let path = try await begin(server, bytes.count, body: bytes)
        let id = path.split(separator: "/").last ?? ""
        let made = try await client.send("POST", "\(target)?upload=\(id)", body: [])
        #expect(made.status == 201, "\(target): \(made.text)")
        #expect(try await client.get(path).status == 404)
      }
    }
  }

  @Test("what the protocol forbids is refused, and nothing is kept of it")
  func refused() async throws {
    try await TestServer().used { server in
      let client = server.client
      let path = try await begin(server, 10)
      let type = ["Content-Type": "application/offset+octet-stream"]
      for (headers, status) in [
        ([:], 400), (["Upload-Length": "-1"], 400), (["Upload-Length": "+1"], 400),
        (["Upload-Length": "99999999999999999999"], 400),
        (["Upload-Length": "\((4 << 20) + 1)"], 413),
        (["Upload-Length": "1", "Tus-Resumable": "0.2.2"], 412),
        (["Upload-Length": "1", "Upload-Metadata": "name not!base64"], 400),
        (["Upload-Length": "1", "Upload-Metadata": "a YQ==,a YQ=="], 400),
        (["Upload-Length": "1", "Repr-Digest": "sha-256=:xx:"], 400),
      ] as [([String: String], Int)] {
        let answer = try await client.send("POST", "/v1/uploads", headers, body: [])
        #expect(answer.status == status, "\(headers): \(answer.text)")
        #expect(answer.headers["tus-resumable"] == "1.0.0")
      }
      let long = try await client.send(
        "POST", "/v1/uploads", type.merging(["Upload-Length": "3"]) { $1 },
        body: Array("12345".utf8))
      #expect(long.status == 413)
      let other = try await piece(server, path, at: 0, [1], ["Content-Type": "text/csv"])
      #expect(other.status == 415)
      let none = try await client.send("PATCH", path, type, body: [1])
      #expect(none.status == 400 && none.text.contains("Upload-Offset"))
      let unknown = try await piece(
        server, "/v1/uploads/upl_00000000000000000000000000", at: 0, [1])
      #expect(unknown.status == 404)
      let both = try await client.send(
        "POST", "/v1/datasets?upload=\(path.split(separator: "/").last ?? "")", body: [1])
      #expect(both.status == 422)
      #expect(try await client.get("/v1/uploads").json["data"]?.array?.count == 1)
      #expect(try await client.delete(path).status == 204)
      #expect(try await client.delete(path).status == 404)
      #expect(server.filesLeft().isEmpty)
    }
  }
}
