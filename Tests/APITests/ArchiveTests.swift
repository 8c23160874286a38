import Foundation
import JSON
import Testing

@testable import API

/// Runs as files, over HTTP.
@Suite(.server) struct ArchiveTests {
  var server: TestServer { ServerScope.server }

  private func finishedRun() async throws -> String {
    let client = server.client
    let dataset = try await server.upload(Samples.blobs(rows: 60), "name=blobs&format=csv")
    let body = Samples.run(dataset: try #require(dataset["id"]?.string))
    let run = try #require(try await client.post("/v1/runs", json: body).json["id"]?.string)
    while try await client.get("/v1/runs/\(run)").json["finished_at"] == .null {
      try await Task.sleep(for: .milliseconds(5))
    }
    return run
  }

  @Test("an archive makes the same run on another server, once")
  func roundTrip() async throws {
    let run = try await finishedRun()
    let path = "/v1/runs/\(run)"
    let archive = try await server.client.get("\(path)/archive")
    #expect(archive.status == 200 && archive.headers["content-type"] == "application/zstd")
    let head = try await server.client.send("HEAD", "\(path)/archive")
    #expect(head.headers["etag"] == archive.headers["etag"])
    #expect(server.filesLeft().count == 1)

    let other = try await TestServer()
    let stream = Task {
      try await other.client.get("/v1/events?after=0", ["Accept": "text/event-stream"])
    }
    let keyed = ["Idempotency-Key": "k"]
    let made = try await other.client.send("POST", "/v1/runs:import", keyed, body: archive.body)
    #expect(made.status == 201 && made.headers["location"] == path, "\(made.text)")
    let again = try await other.client.send("POST", "/v1/runs:import", keyed, body: archive.body)
    #expect(again.status == 201 && again.body == made.body)
    let second = try await other.client.send("POST", "/v1/runs:import", body: archive.body)
    #expect(second.status == 409, "\(second.text)")
    for part in ["", "/metrics", "/gradients", "/logs", "/checkpoints", "/weights", "/diagnosis"] {
      let own = try await server.client.get(path + part)
      let there = try await other.client.get(path + part)
      #expect(there.status == 200 && there.body == own.body, "\(part)")
    }
    let events = try await other.client.get(
      "\(path)/events", ["Accept": "application/x-ndjson"])
    #expect(events.text.split(separator: "\n").last?.contains("\"end\"") == true)
    #expect(other.filesLeft().count == 1)
    await other.stop()
    // A reader of all runs heard of it.
    #expect(try await stream.value.text.contains(run))
  }

  @Test("what is no archive, or one of a run that isn't over, is refused with a reason")
  func refusals() async throws {
    let client = server.client
    for (body, status) in [
      ([], 422), (Array("no archive".utf8), 422), ([UInt8](repeating: 0, count: 5 << 20), 413),
    ] {
      let answer = try await client.send("POST", "/v1/runs:import", body: body)
      #expect(answer.status == status, "\(answer.text)")
      #expect(answer.headers["content-type"] == "application/problem+json")
    }
    let digest = [
      "Content-Digest": "sha-256=:\(Data(repeating: 7, count: 32).base64EncodedString()):"
    ]
    #expect(try await client.send("POST", "/v1/runs:import", digest, body: [1]).status == 422)
    #expect(
      try await client.get("/v1/runs/run_\(String(repeating: "0", count: 26))/archive").status
        == 404)
    let dataset = try await server.upload(Samples.blobs(rows: 60), "name=blobs&format=csv")
    let body = Samples.run(dataset: try #require(dataset["id"]?.string), epochs: 100_000)
    let run = try #require(try await client.post("/v1/runs", json: body).json["id"]?.string)
    let answer = try await client.get("/v1/runs/\(run)/archive")
    #expect(answer.status == 409 && answer.json["type"] == "/problems/conflict", "\(answer.text)")
    #expect(try await client.get("/v1/runs/\(run)/archive?datasets=perhaps").status == 422)
    _ = try await client.post("/v1/runs/\(run):cancel")
    #expect(server.filesLeft().count == 1)
  }
}
