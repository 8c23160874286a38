import JSON
import Testing

@testable import API

/// A step before anything is queued, over HTTP.
@Suite(.serialized, .server) struct PreflightTests {
  private func dataset() async throws -> String {
    let server = ServerScope.server
    let dataset = try await server.upload(Samples.blobs(rows: 120), "format=csv&target=label&name=b")
    return try #require(dataset["id"]?.string)
  }

  @Test("a spec with a dataset: norms, activations, slope; nothing is kept")
  func spec() async throws {
    let client = ServerScope.server.client
    let id = try await dataset()
    let before = try await client.get("/v1/runs").json["data"]?.array?.first?["id"]
    let answer = try await client.post(
      "/v1/models:validate?dataset=\(id)&batch_size=24", json: Samples.model)
    #expect(answer.status == 200, "\(answer.text)")
    #expect(answer.json["batch_size"] == 24)
    let preflight = try #require(answer.json["preflight"])
    #expect(preflight["loss"]?.double ?? 0 > 0)
    #expect(preflight["layers"]?.array?.count == 2)
    #expect(
      preflight["parameters"]?.array?.compactMap { $0["parameter"]?.string }
        == ["hidden.weight", "hidden.bias", "dense_1.weight", "dense_1.bias"])
    #expect(preflight["failure"] == nil)
    #expect(try await client.get("/v1/runs").json["data"]?.array?.first?["id"] == before)
  }

  @Test("a run's body is taken as it stands")
  func body() async throws {
    let client = ServerScope.server.client
    let run = Samples.run(dataset: try await dataset())
    let answer = try await client.post("/v1/models:validate", json: run)
    #expect(answer.status == 200, "\(answer.text)")
    let submitted = try await client.post("/v1/runs", json: run)
    let id = try #require(submitted.json["id"]?.string)
    _ = try await client.get("/v1/runs/\(id)/events", ["Accept": "application/x-ndjson"])
    let first = try await client.get("/v1/runs/\(id)/metrics?names=train_loss&to_step=1").json
    #expect(answer.json["preflight"]?["loss"] == first["series"]?[0]?["points"]?[0]?[1])
  }

  @Test("what doesn't go together is told with its place")
  func faults() async throws {
    let client = ServerScope.server.client
    let id = try await dataset()
    let wide: JSON = ["input": ["shape": [3]], "layers": [["type": "dense", "units": 2]]]
    let shape = try await client.post("/v1/models:validate?dataset=\(id)", json: wide)
    #expect(shape.status == 422)
    let unknown = try await client.post(
      "/v1/models:validate?dataset=ds_00000000000000000000000000", json: Samples.model)
    #expect(unknown.status == 422)
    let noID = try await client.post("/v1/models:validate?dataset=digits", json: Samples.model)
    #expect(noID.status == 422)
    #expect(noID.json["errors"]?[0]?["parameter"] == "dataset")
    let both = try await client.post(
      "/v1/models:validate?dataset=\(id)", json: Samples.run(dataset: id))
    #expect(both.status == 422)
    let broken: JSON = ["input": ["shape": [2]], "layers": [["type": "dense", "unit": 2]]]
    let spec = try await client.post("/v1/models:validate?dataset=\(id)", json: broken)
    #expect(spec.json["errors"]?[0]?["pointer"]?.string?.hasPrefix("/layers/0") == true)
  }
}
