import JSON
import Runs
import Testing

@testable import API

/// Limits that whoever runs the server sets: each says which it was, and what is within it is taken.
@Suite(.serialized, .timeLimit(.minutes(2))) struct LimitTests {
  private func pointers(_ answer: TestClient.Answer) -> [String] {
    answer.json["errors"]?.array?.compactMap { $0["pointer"]?.string } ?? []
  }

  @Test("documents: their bytes, depth and values")
  func documents() async throws {
    var limits = DocumentLimits()
    (limits.bytes, limits.depth, limits.values) = (2_000, 8, 150)
    try await TestServer(limits: limits).used { server in
      let client = server.client
      #expect(try await client.post("/v1/models", json: Samples.model).status == 201)
      let long = try await client.post(
        "/v1/models", json: ["name": .string(String(repeating: "a", count: 2_000))])
      #expect(long.status == 413 && long.text.contains("2000 bytes"), "\(long.text)")
      let deep = try await client.send(
        "POST", "/v1/models", ["Content-Type": "application/json"],
        body: Array((String(repeating: "[", count: 9) + String(repeating: "]", count: 9)).utf8))
      #expect(deep.status == 400 && deep.text.contains("8"), "\(deep.text)")
      let many = try await client.post(
        "/v1/models", json: .array((0..<200).map { .integer($0) }))
      #expect(many.status == 400 && many.text.contains("150"), "\(many.text)")
    }
  }

  @Test("models: their layers, parameters and elements, in whatever asks for one")
  func models() async throws {
    var limits = DocumentLimits()
    (limits.layers, limits.parameters, limits.elements) = (2, 42, 8)
    try await TestServer(limits: limits).used { server in
      let client = server.client
      // Two layers, 42 parameters, eight elements: just what there may be.
      #expect(try await client.post("/v1/models", json: Samples.model).status == 201)
      let dataset = try await server.upload(Samples.blobs(rows: 60), "format=csv")
      let id = dataset["id"]?.string ?? ""
      func model(_ layers: [JSON]) -> JSON { ["input": ["shape": [2]], "layers": .array(layers)] }
      let last: JSON = ["type": "dense", "units": 2]
      for (spec, place, flag) in [
        (
          model([["type": "dropout", "rate": 0.1], ["type": "dropout", "rate": 0.1], last]),
          "/layers", "--max-layers"
        ),
        (model([["type": "dense", "units": 9], last]), "", "--max-parameters"),
        (model([["type": "dense", "units": 9], last]), "", "--max-elements"),
      ] {
        let kept = try await client.post("/v1/models", json: spec)
        #expect(kept.status == 422 && kept.text.contains(flag), "\(kept.text)")
        #expect(pointers(kept).contains(place))
        let checked = try await client.post("/v1/models:validate", json: spec)
        #expect(checked.status == 422 && checked.text.contains(flag), "\(checked.text)")
        let run = try await client.post("/v1/runs", json: Samples.run(model: spec, dataset: id))
        #expect(run.status == 422 && run.text.contains(flag), "\(run.text)")
        #expect(pointers(run).contains("/model" + place))
      }
    }
  }

  @Test("runs: how long one may take")
  func seconds() async throws {
    var limits = DocumentLimits()
    limits.runSeconds = 1
    try await TestServer(limits: limits).used { server in
      let client = server.client
      let dataset = try await server.upload(Samples.blobs(rows: 60), "format=csv")
      let endless = Samples.run(dataset: dataset["id"]?.string ?? "", epochs: 1_000_000)
      guard case .object(var long) = endless else { return }
      long["max_seconds"] = 2
      let refused = try await client.post("/v1/runs", json: .object(long))
      #expect(refused.status == 422 && refused.text.contains("--max-run-seconds"))
      #expect(pointers(refused) == ["/max_seconds"])
      let run = try await client.post("/v1/runs", json: endless)
      let ended = try await client.get(
        "/v1/runs/\(run.json["id"]?.string ?? "")?until=over", ["Prefer": "wait=60"])
      #expect(ended.json["state_reason"] == "time_limit", "\(ended.text)")
    }
  }

  @Test("runs: how many wait")
  func queue() async throws {
    try await TestServer(longestQueue: 1).used { server in
      let client = server.client
      let dataset = try await server.upload(Samples.blobs(rows: 60), "format=csv")
      let endless = Samples.run(dataset: dataset["id"]?.string ?? "", epochs: 1_000_000)
      let first = try await client.post("/v1/runs", json: endless).json["id"]?.string ?? ""
      _ = try await client.get("/v1/runs/\(first)?until=step%3E%3D1", ["Prefer": "wait=60"])
      let second = try await client.post("/v1/runs", json: endless)
      #expect(second.status == 202, "\(second.text)")
      let third = try await client.post("/v1/runs", json: endless)
      #expect(third.status == 429 && third.json["type"] == "/problems/queue-full", "\(third.text)")
      for id in [second.json["id"]?.string ?? "", first] {
        _ = try await client.post("/v1/runs/\(id):cancel")
      }
    }
  }
}
