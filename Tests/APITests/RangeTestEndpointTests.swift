import JSON
import Testing

@testable import API

/// The curve of a range test, over HTTP.
@Suite(.serialized, .server) struct RangeTestEndpointTests {
  private func dataset() async throws -> String {
    let dataset = try await ServerScope.server.upload(
      Samples.blobs(rows: 120), "format=csv&target=label&name=b")
    return dataset["id"]?.string ?? ""
  }

  private func run(_ members: JSONObject, _ training: JSONObject) async throws -> JSON {
    let server = ServerScope.server
    var body = Samples.run(dataset: try await dataset()).object ?? JSONObject()
    for (name, value) in members.members { body[name] = value }
    var own = body["training"]?.object ?? JSONObject()
    for (name, value) in training.members { own[name] = value == .null ? nil : value }
    body["training"] = .object(own)
    let submitted = try await server.client.post("/v1/runs", json: .object(body))
    let id = try #require(submitted.json["id"]?.string, "\(submitted.text)")
    _ = try await server.client.get("/v1/runs/\(id)/events", ["Accept": "application/x-ndjson"])
    return try await server.client.get("/v1/runs/\(id)").json
  }

  @Test("JSON and CSV tell the same points, which are those of the run's series")
  func curve() async throws {
    let client = ServerScope.server.client
    let run = try await run(
      JSONObject([
        ("mode", "lr_range_test"), ("lr_range_test", ["min": 1e-5, "max": 1, "steps": 50]),
      ]), JSONObject([("epochs", .null), ("metrics", .null)]))
    #expect(run["state"] == "succeeded", "\(run)")
    let id = run["id"]?.string ?? ""
    let answer = try await client.get("/v1/runs/\(id)/lr-range")
    #expect(answer.status == 200, "\(answer.text)")
    let points = try #require(answer.json["points"]?.array)
    #expect(points.count == run["progress"]?["step"]?.integer)
    for (column, name) in [(1, "learning_rate"), (2, "train_loss")] {
      let series = try await client.get("/v1/runs/\(id)/metrics?names=\(name)")
      let values = series.json["series"]?[0]?["points"]?.array?.map { $0[1]?.double }
      #expect(values == points.map { $0[column]?.double }, "\(name)")
    }
    #expect(run["lr_range"]?["suggestions"] == answer.json["suggestions"])

    let text = try await client.get("/v1/runs/\(id)/lr-range", ["Accept": "text/csv"]).text
    let lines = text.split(whereSeparator: \.isNewline).map { $0.split(separator: ",") }
    #expect(lines.first?.joined(separator: ",") == "step,learning_rate,loss,smoothed_loss")
    #expect(lines.count == points.count + 1)
    for (line, point) in zip(lines.dropFirst(), points) {
      #expect(line.compactMap { Double($0) } == point.array?.compactMap(\.double))
    }
    let other = try await client.get("/v1/runs/\(id)/lr-range", ["Accept": "image/png"])
    #expect(other.status == 406)
  }

  @Test("a run of another mode has no such curve, and the answer says how to get one")
  func otherMode() async throws {
    let run = try await run(JSONObject(), JSONObject())
    let id = run["id"]?.string ?? ""
    let answer = try await ServerScope.server.client.get("/v1/runs/\(id)/lr-range")
    #expect(answer.status == 404)
    #expect(answer.text.contains("\\\"mode\\\": \\\"lr_range_test\\\""), "\(answer.text)")
    #expect(run["lr_range"] == nil)
  }

  @Test("contradictions are told with their pointers before anything is queued")
  func refuses() async throws {
    let client = ServerScope.server.client
    let body: JSON = [
      "mode": "lr_range_test", "model": Samples.model, "dataset": .string(try await dataset()),
      "training": [
        "steps": 5, "loss": "cross_entropy", "schedule": "linear", "validation": ["fraction": 0.1],
      ],
    ]
    let answer = try await client.post("/v1/runs", json: body)
    #expect(answer.status == 422)
    #expect(
      answer.json["errors"]?.array?.map { $0["pointer"] } == [
        "/training/steps", "/training/schedule", "/training/validation",
      ])
    #expect(try await client.get("/v1/runs").json["data"] == [])
  }
}
