import JSON
import Testing

@testable import API

/// Runs whose numbers stop being numbers, over HTTP.
@Suite(.serialized, .server) struct AutopsyTests {
  private func failing(
    _ activation: String, rate: Double = 0.01, loss: JSON = "cross_entropy"
  ) async throws -> (id: String, run: JSON) {
    let server = ServerScope.server
    let dataset = try await server.upload(Samples.blobs(rows: 120), "format=csv&target=label&name=b")
    let submitted = try await server.client.post(
      "/v1/runs",
      json: [
        "model": [
          "input": ["shape": [2]],
          "layers": [
            [
              "type": "dense", "units": 8, "name": "hidden",
              "activation": ["expression": .string(activation)],
            ],
            ["type": "dense", "units": 2, "name": "head"],
          ],
        ],
        "dataset": dataset["id"] ?? .null,
        "training": [
          "epochs": 30, "batch_size": 15, "seed": 7, "loss": loss, "shuffle": false,
          "optimizer": ["type": "sgd", "learning_rate": .number(rate)],
        ],
      ])
    #expect(submitted.status == 202, "\(submitted.text)")
    let id = try #require(submitted.json["id"]?.string)
    _ = try await server.client.get("/v1/runs/\(id)/events", ["Accept": "application/x-ndjson"])
    return (id, try await server.client.get("/v1/runs/\(id)").json)
  }

  private func weights(_ id: String, _ checkpoint: String) async throws -> [UInt8] {
    let path = "/v1/runs/\(id)/weights?checkpoint=\(checkpoint)"
    let answer = try await ServerScope.server.client.get(path)
    #expect(answer.status == 200, "\(answer.text)")
    return answer.body
  }

  @Test("NaN of the forward pass: the operation, what it was given, the batch, the weights before")
  func forward() async throws {
    let (id, run) = try await failing("log(x)")
    #expect(run["state"] == "failed")
    #expect(run["state_reason"] == "non_finite")
    #expect(run["error"]?["detail"]?.string?.contains("\"expression\" in \"hidden\"") == true)
    let answer = try await ServerScope.server.client.get("/v1/runs/\(id)/autopsy")
    #expect(answer.status == 200, "\(answer.text)")
    let autopsy = answer.json
    #expect(autopsy["step"] == 1)
    #expect(autopsy["phase"] == "forward")
    #expect(autopsy["operation"] == "expression")
    #expect(autopsy["layer"] == "hidden")
    #expect(autopsy["loss"] == .null)
    #expect(autopsy["tensor"]?["shape"] == [15, 8])
    #expect(autopsy["tensor"]?["nonfinite"]?["nan"]?.integer ?? 0 > 0)
    #expect(autopsy["inputs"]?[0]?["min"]?.double ?? 0 < 0)
    #expect(autopsy["batch"]?["examples"] == .array((0..<15).map(JSON.integer)))
    #expect(autopsy["weights_step"] == 0)
    #expect(autopsy["advice"]?["field"] == "/model")
    #expect(try await weights(id, "latest") == weights(id, "initial"))
  }

  @Test("a derivative that isn't finite: found by repeating the step")
  func backward() async throws {
    let (id, run) = try await failing("sqrt(max(x, 0))")
    #expect(run["state_reason"] == "non_finite")
    let autopsy = try await ServerScope.server.client.get("/v1/runs/\(id)/autopsy").json
    #expect(autopsy["phase"] == "backward")
    #expect(autopsy["parameter"]?.string?.hasPrefix("hidden.") == true)
    #expect(autopsy["operation"]?.string != nil)
    #expect(autopsy["loss"]?.double?.isFinite == true)
    #expect(autopsy["weights_step"]?.integer == (autopsy["step"]?.integer ?? 0) - 1)
    // Every number of the weights before is one.
    let tensors = try Samples.safetensors(try await weights(id, "latest"))
    #expect(tensors.count == 4)
    #expect(tensors.values.allSatisfy { $0.values.allSatisfy(\.isFinite) })
  }

  @Test("a run that diverges shows how it grew, and the weights of the step before")
  func diverging() async throws {
    let (id, run) = try await failing("x * x", rate: 30)
    #expect(run["state"] == "failed", "\(run)")
    let autopsy = try await ServerScope.server.client.get("/v1/runs/\(id)/autopsy").json
    let step = try #require(autopsy["step"]?.integer)
    #expect(step > 2)
    let norms = autopsy["growth"]?["gradient_norm"]?.array ?? []
    #expect(norms.count >= step - 1)
    let sizes = norms.compactMap { $0[1]?.double }
    #expect((sizes.max() ?? 0) > 10 * (sizes.first ?? 1))
    #expect(autopsy["growth"]?["parameters"]?[0]?["layer"] == autopsy["layer"])
    #expect(autopsy["weights"]?.string == "/v1/runs/\(id)/weights?checkpoint=\(step - 1)")
    _ = try await weights(id, "\(step - 1)")
  }

  @Test("a run that didn't fail this way has none, and says why")
  func none() async throws {
    let server = ServerScope.server
    let dataset = try await server.upload(Samples.blobs(rows: 120), "format=csv&target=label&name=b")
    let submitted = try await server.client.post(
      "/v1/runs", json: Samples.run(dataset: dataset["id"]?.string ?? ""))
    let id = try #require(submitted.json["id"]?.string)
    _ = try await server.client.get("/v1/runs/\(id)/events", ["Accept": "application/x-ndjson"])
    let answer = try await server.client.get("/v1/runs/\(id)/autopsy")
    #expect(answer.status == 404)
    #expect(answer.json["detail"]?.string?.contains("succeeded (completed)") == true)
  }
}
