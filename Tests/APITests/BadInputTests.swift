import Foundation
import JSON
import Testing

@testable import API

/// What is wrong with a request is answered with its status, what and where; nothing is left behind.
@Suite(.serialized, .server) struct BadInputTests {
  private var server: TestServer { ServerScope.server }

  /// Expects a problem of this status, and answers it.
  @discardableResult
  private func problem(
    _ answer: TestClient.Answer, _ status: Int, _ slug: String,
    location: SourceLocation = #_sourceLocation
  ) -> JSON {
    #expect(answer.status == status, "\(answer.text)", sourceLocation: location)
    #expect(
      answer.headers["content-type"] == "application/problem+json", sourceLocation: location)
    #expect(answer.json["type"] == .string("/problems/\(slug)"), sourceLocation: location)
    #expect(answer.json["status"] == .integer(status), sourceLocation: location)
    #expect(answer.json["instance"]?.string != nil, sourceLocation: location)
    return answer.json
  }

  private func pointers(_ problem: JSON) -> [String] {
    problem["errors"]?.array?.compactMap { $0["pointer"]?.string } ?? []
  }

  private func model(_ layers: JSON, input: JSON = ["shape": [4]]) async throws -> JSON {
    problem(
      try await server.client.post("/v1/models", json: ["input": input, "layers": layers]), 422,
      "invalid")
  }

  @Test("a shape that doesn't fit names the layer, both shapes and the rule")
  func shapes() async throws {
    let found = try await model([["type": "conv2d", "filters": 3, "kernel": 3]])
    #expect(pointers(found).first?.hasPrefix("/layers/0") == true)
    #expect(found["detail"]?.string?.contains("[4]") == true)
    let layers: JSON = [["type": "max_pool2d", "size": 9]]
    let pool = try await model(layers, input: ["shape": [1, 4, 4]])
    #expect(pointers(pool).first?.hasPrefix("/layers/0") == true)
  }

  @Test("every fault of a spec is named at once")
  func allFaults() async throws {
    let found = try await model([
      ["type": "dense", "units": 0], ["type": "dens", "units": 3],
      ["type": "dense", "units": 3, "activaton": "relu"],
    ])
    #expect(
      pointers(found) == ["/layers/0/units", "/layers/1/type", "/layers/2/activaton"])
    let text = found["errors"]?.description ?? ""
    #expect(text.contains("did you mean \\\"dense\\\"") && text.contains("activation"))
  }

  @Test("10^12 units are refused before a byte is allocated")
  func manyUnits() async throws {
    let found = try await model([["type": "dense", "units": 1_000_000_000_000]])
    #expect(pointers(found) == ["/layers/0/units"])
    #expect(found["detail"]?.string?.contains("65536") == true)
  }

  @Test("a run's faults are named at once, each with its place")
  func runFaults() async throws {
    let body: JSON = [
      "model": Samples.model, "dataset": "ds_1",
      "training": [
        "epochs": 1, "steps": 3, "loss": "cross_entropi",
        "optimizer": ["type": "adam", "learning_rate": -1],
      ],
      "colour": "red",
    ]
    let found = problem(try await server.client.post("/v1/runs", json: body), 422, "invalid")
    let all = Set(pointers(found))
    for pointer in [
      "/dataset", "/training/steps", "/training/loss", "/training/optimizer/learning_rate",
      "/colour",
    ] { #expect(all.contains(pointer), "\(pointer) in \(all)") }
  }

  @Test("an unknown optimizer is told the known ones")
  func unknownOptimizer() async throws {
    let dataset = try await server.upload(Samples.blobs(rows: 40), "format=csv")
    let id = try #require(dataset["id"]?.string)
    let run = Samples.run(dataset: id)
    let training = run["training"]?.setting("optimizer", "adamm")
    let found = problem(
      try await server.client.post("/v1/runs", json: run.setting("training", training)), 422,
      "invalid")
    #expect(pointers(found) == ["/training/optimizer"])
    #expect(found["detail"]?.string?.contains("sgd, adam") == true)
  }

  @Test("a dataset that doesn't exist is a fault of the run that names it")
  func missingDataset() async throws {
    let run = Samples.run(dataset: "ds_01KB7C8F4H2J9K6M3N5P7Q1R0S")
    let found = problem(try await server.client.post("/v1/runs", json: run), 422, "invalid")
    #expect(pointers(found) == ["/dataset"])
  }

  @Test(
    "what is no JSON is told by line and column",
    arguments: [
      ("{\"input\": {\"shape\": [4],}}", "line 1, column 25"), ("{\n  \"a\": tru\n}", "line 2"),
      ("", "line 1"), ("{\"a\": 1} x", "line 1, column 10"),
    ])
  func malformedJSON(text: String, place: String) async throws {
    let answer = try await server.client.send(
      "POST", "/v1/models", ["Content-Type": "application/json"], body: Array(text.utf8))
    let found = problem(answer, 400, "malformed-json")
    #expect(found["detail"]?.string?.contains(place) == true, "\(found)")
  }

  @Test("invalid UTF-8 and JSON ten thousand levels deep are refused")
  func hostileJSON() async throws {
    for body in [
      Array("{\"name\": \"".utf8) + [0xFF, 0xFE] + Array("\"}".utf8),
      [UInt8](repeating: UInt8(ascii: "["), count: 10_000),
    ] {
      let answer = try await server.client.send(
        "POST", "/v1/models", ["Content-Type": "application/json"], body: body)
      problem(answer, 400, "malformed-json")
    }
  }

  @Test(
    "an upload that is no dataset is refused with the place, and leaves nothing",
    arguments: [
      ("format=csv", "a,b,c\n1,2,x\n3,4\n", "row 3"),
      ("format=csv&target_kind=vector", "a,b\n1,2\n3,oops\n", "row 3"),
      ("format=csv", "", "empty"),
      ("format=idx", "\u{0}\u{0}\u{8}\u{1}\u{0}\u{0}", ""),
      ("format=npz", "PK not an archive", ""),
    ])
  func badUploads(query: String, text: String, words: String) async throws {
    let answer = try await server.client.send(
      "POST", "/v1/datasets?\(query)", body: Array(text.utf8))
    let found = problem(answer, 422, "invalid")
    #expect(found["detail"]?.string?.contains(words) == true || words.isEmpty, "\(found)")
    #expect(server.filesLeft() == [])
  }

  @Test("an unknown query parameter is named")
  func unknownQuery() async throws {
    let answer = try await server.client.get("/v1/runs?stat=running")
    let found = problem(answer, 422, "invalid")
    #expect(found["errors"]?[0]?["parameter"] == "stat")
    #expect(found["errors"]?[0]?["detail"]?.string?.contains("state") == true)
    let upload = try await server.client.send(
      "POST", "/v1/datasets?fromat=csv", body: Array("a,b\n1,2\n".utf8))
    problem(upload, 422, "invalid")
    #expect(server.filesLeft() == [])
  }

  @Test("what isn't there is 404, whatever its id looks like")
  func notFound() async throws {
    for path in [
      "/v1/runs/run_01KB7C8F4H2J9K6M3N5P7Q1R0S", "/v1/runs/x", "/v1/datasets/ds_1",
      "/v1/models/mdl_01KB7C8F4H2J9K6M3N5P7Q1R0S", "/v1/runs/run_01KB7C8F4H2J9K6M3N5P7Q1R0S/events",
      "/v1/nothing", "/v2/runs",
    ] {
      problem(try await server.client.get(path), 404, "not-found")
    }
  }

  @Test("a method that isn't allowed is told those that are")
  func methods() async throws {
    let answer = try await server.client.send("PUT", "/v1/runs", body: [])
    problem(answer, 405, "method-not-allowed")
    let allowed = answer.headers["allow"] ?? ""
    #expect(allowed.contains("GET") && allowed.contains("POST"))
  }

  @Test("a body of another type, or too large, is refused")
  func bodies() async throws {
    let form = try await server.client.send(
      "POST", "/v1/models", ["Content-Type": "application/x-www-form-urlencoded"],
      body: Array("{}".utf8))
    problem(form, 415, "unsupported-media-type")
    let large = try await server.client.send(
      "POST", "/v1/models", ["Content-Type": "application/json"],
      body: [UInt8](repeating: 32, count: 9 << 20))
    problem(large, 413, "body-too-large")
    let upload = try await server.client.send(
      "POST", "/v1/datasets?format=csv", body: [UInt8](repeating: 48, count: 5 << 20))
    problem(upload, 413, "body-too-large")
    #expect(server.filesLeft() == [])
  }

  @Test("a digest that isn't the body's is refused, and nothing is left")
  func digests() async throws {
    let wrong = "sha-256=:\(Data(repeating: 1, count: 32).base64EncodedString()):"
    let answer = try await server.client.send(
      "POST", "/v1/datasets?format=csv", ["Content-Digest": wrong], body: Samples.blobs(rows: 40))
    problem(answer, 422, "invalid")
    #expect(server.filesLeft() == [])
  }

  @Test("a dataset can't be deleted while a run that isn't over uses it")
  func deletion() async throws {
    let dataset = try await server.upload(Samples.blobs(rows: 60), "format=csv")
    let id = try #require(dataset["id"]?.string)
    let run = try await server.client.post(
      "/v1/runs", json: Samples.run(dataset: id, epochs: 100_000))
    let runID = try #require(run.json["id"]?.string, "\(run.text)")
    problem(try await server.client.delete("/v1/datasets/\(id)"), 409, "conflict")
    problem(try await server.client.delete("/v1/runs/\(runID)"), 409, "conflict")
    let cancelled = try await server.client.post("/v1/runs/\(runID):cancel")
    #expect(cancelled.status == 200, "\(cancelled.text)")
    _ = try await server.client.get("/v1/runs/\(runID)/events", ["Accept": "application/x-ndjson"])
    #expect(try await server.client.get("/v1/runs/\(runID)").json["state"] == "cancelled")
    problem(try await server.client.post("/v1/runs/\(runID):pause"), 409, "conflict")
    #expect(try await server.client.delete("/v1/datasets/\(id)").status == 204)
    #expect(server.filesLeft() == [])
    #expect(try await server.client.delete("/v1/runs/\(runID)").status == 204)
    problem(try await server.client.get("/v1/runs/\(runID)"), 404, "not-found")
  }

  @Test("a media type that a series can't be served as is 406")
  func notAcceptable() async throws {
    let dataset = try await server.upload(Samples.blobs(rows: 40), "format=csv")
    let id = try #require(dataset["id"]?.string)
    let run = try await server.client.post("/v1/runs", json: Samples.run(dataset: id, epochs: 1))
    let runID = try #require(run.json["id"]?.string, "\(run.text)")
    let answer = try await server.client.get(
      "/v1/runs/\(runID)/metrics", ["Accept": "image/png"])
    problem(answer, 406, "not-acceptable")
  }
}
