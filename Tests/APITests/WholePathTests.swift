import Foundation
import JSON
import Testing

@testable import API

/// Upload, model, run, events, gradients, weights: over a socket, against a real store.
@Suite(.serialized, .server) struct WholePathTests {
  @Test("a client uploads data, trains a model, watches it, and takes the weights home")
  func wholePath() async throws {
    let server = ServerScope.server
    let client = server.client
    let dataset = try await server.upload(
      Samples.blobs(rows: 120), "name=blobs&format=csv&scale=none")
    #expect(dataset["examples"] == 120)
    #expect(dataset["target"]?["kind"] == "class")
    let datasetID = try #require(dataset["id"]?.string)

    let model = try await client.post("/v1/models", json: Samples.model)
    #expect(model.status == 201)
    let modelID = try #require(model.json["id"]?.string)
    #expect(model.headers["location"] == "/v1/models/\(modelID)")

    let body = Samples.run(model: .string(modelID), dataset: datasetID)
      .setting("name", "first try")
    let submitted = try await client.post("/v1/runs", json: body)
    #expect(submitted.status == 202, "\(submitted.text)")
    let id = try #require(submitted.json["id"]?.string)
    #expect(submitted.headers["location"] == "/v1/runs/\(id)")

    try await events(id, client)
    let run = try await client.get("/v1/runs/\(id)")
    #expect(run.json["state"] == "succeeded", "\(run.text)")
    #expect(run.json["state_reason"] == "completed")
    #expect(run.json["progress"]?["step"] == 24)

    let losses = try await series(id, client)
    #expect(losses.count == 24)
    #expect(losses.map(\.step) == Array(1...24))
    try await gradients(id, client)
    try await histograms(id, client)
    try await weights(id, client)
  }

  /// The stream of a run that is over, or about to be, as lines.
  private func events(_ id: String, _ client: TestClient) async throws {
    let answer = try await client.get("/v1/runs/\(id)/events", ["Accept": "application/x-ndjson"])
    #expect(answer.status == 200)
    #expect(answer.headers["content-type"]?.hasPrefix("application/x-ndjson") == true)
    let lines = try answer.text.split(separator: "\n").map { try JSON(parsing: String($0)) }
    let ids = lines.compactMap { $0["id"]?.integer }
    #expect(ids == Array(Set(ids)).sorted())
    #expect(lines.last?["type"] == "end")
    let epochs = lines.filter { $0["type"] == "epoch" }.compactMap { $0["data"]?["epoch"]?.integer }
    #expect(epochs == [1, 2, 3])

    let stream = try await client.get("/v1/runs/\(id)/events?after=\(ids[ids.count / 2])")
    #expect(stream.headers["content-type"]?.hasPrefix("text/event-stream") == true)
    let replayed = stream.text.split(separator: "\n").filter { $0.hasPrefix("id:") }
      .compactMap { Int($0.dropFirst(3).drop { $0 == " " }) }
    #expect(replayed == Array(ids[(ids.count / 2 + 1)...]))

    let over = try await client.get("/v1/runs/\(id)/events", ["Last-Event-ID": "\(ids.last ?? 0)"])
    #expect(over.status == 204)
  }

  private func series(
    _ id: String, _ client: TestClient
  ) async throws -> [(step: Int, value: Double)] {
    let answer = try await client.get("/v1/runs/\(id)/metrics?names=train_loss")
    #expect(answer.status == 200, "\(answer.text)")
    let points = answer.json["series"]?[0]?["points"]?.array ?? []
    let csv = try await client.get(
      "/v1/runs/\(id)/metrics?names=train_loss", ["Accept": "text/csv"])
    #expect(csv.text.split(separator: "\r\n").count == points.count + 1)
    return points.map { ($0[0]?.integer ?? 0, $0[1]?.double ?? .nan) }
  }

  private func gradients(_ id: String, _ client: TestClient) async throws {
    let answer = try await client.get("/v1/runs/\(id)/gradients")
    let layers = answer.json["layers"]?.array ?? []
    #expect(
      layers.compactMap { $0["parameter"]?.string }
        == ["hidden.weight", "hidden.bias", "dense_1.weight", "dense_1.bias"])
    for layer in layers {
      let points = layer["points"]?.array ?? []
      #expect(points.compactMap { $0[0]?.integer } == Array(1...24))
      #expect(points.allSatisfy { ($0[1]?.double ?? -1) > 0 })
      #expect(points.allSatisfy { ($0[1]?.double ?? 0) >= ($0[2]?.double ?? .infinity) })
    }
    let few = try await client.get("/v1/runs/\(id)/gradients?layers=hidden&max_points=5")
    let chosen = few.json["layers"]?.array ?? []
    #expect(chosen.count == 2)
    #expect(chosen.allSatisfy { ($0["points"]?.array?.count ?? 99) <= 5 })
  }

  private func histograms(_ id: String, _ client: TestClient) async throws {
    let path = "/v1/runs/\(id)/histograms?quantity=gradient&bins=10"
    let answer = try await client.get(path)
    let all = answer.json["histograms"]?.array ?? []
    #expect(!all.isEmpty, "\(answer.text)")
    for histogram in all {
      let counts = histogram["counts"]?.array?.compactMap(\.integer) ?? []
      let edges = histogram["edges"]?.array?.compactMap(\.double) ?? []
      #expect(counts.count <= 10)
      #expect(edges == edges.sorted())
      let zero = histogram["zero"]?.integer ?? 0
      #expect(counts.reduce(zero, +) == histogram["count"]?.integer)
    }
  }

  /// A forward pass written here, from the downloaded weights, gives the server's predictions.
  private func weights(_ id: String, _ client: TestClient) async throws {
    let whole = try await client.get("/v1/runs/\(id)/weights")
    #expect(whole.status == 200)
    let tensors = try Samples.safetensors(whole.body)
    #expect(tensors["hidden.weight"]?.shape == [8, 2])
    #expect(tensors["dense_1.bias"]?.shape == [2])

    let part = try await client.get("/v1/runs/\(id)/weights", ["Range": "bytes=8-15"])
    #expect(part.status == 206)
    #expect(part.body == Array(whole.body[8...15]))
    #expect(part.headers["content-range"] == "bytes 8-15/\(whole.body.count)")
    let head = try await client.send("HEAD", "/v1/runs/\(id)/weights")
    #expect(head.headers["content-length"] == "\(whole.body.count)")
    let tag = try #require(whole.headers["etag"])
    let same = try await client.get("/v1/runs/\(id)/weights", ["If-None-Match": tag])
    #expect(same.status == 304)
    let outside = try await client.get("/v1/runs/\(id)/weights", ["Range": "bytes=99999999-"])
    #expect(outside.status == 416)

    let rows: [[Double]] = [[0.5, -1], [2, 1.5], [-3, 0]]
    let inputs = JSON.array(rows.map { .array($0.map(JSON.number)) })
    let answer = try await client.post("/v1/runs/\(id)/predictions", json: ["inputs": inputs])
    #expect(answer.status == 200, "\(answer.text)")
    let outputs = answer.json["outputs"]?.array ?? []
    for (row, output) in zip(rows, outputs) {
      let expected = Samples.softmax(Samples.forward(tensors, row))
      let found = output.array?.compactMap(\.double) ?? []
      #expect(found.count == 2)
      for (a, b) in zip(expected, found) { #expect(abs(a - b) < 1e-5) }
    }
  }
}
