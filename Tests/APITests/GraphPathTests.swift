import Foundation
import JSON
import Testing

@testable import API

/// A graph from its upload to predictions of its vertices, over a socket.
@Suite(.serialized, .server) struct GraphPathTests {
  /// Zachary's clubs in small: two rings of eight that one edge joins; one vertex of each is known.
  private static let parts: [(name: String, text: String)] = {
    var edges = "src,dst\n0,8\n"
    var features = "node,active_feature_indices\n"
    var targets = "node,label,split\n"
    for vertex in 0..<16 {
      let ring = vertex / 8 * 8
      edges += "\(vertex),\(ring + (vertex + 1) % 8)\n"
      edges += "\(vertex),\(ring + (vertex + 3) % 8)\n"
      features += "\(vertex),\(vertex)\n"
      let split = vertex % 8 == 4 ? "train" : vertex % 8 == 6 ? "val" : "test"
      targets += "\(vertex),\(ring == 0 ? "left" : "right"),\(split)\n"
    }
    return [("features", features), ("edges", edges), ("targets", targets)]
  }()

  private static let model: JSON = [
    "input": ["shape": [16], "graph": true],
    "layers": [
      ["type": "graph_conv", "units": 8, "activation": "relu"],
      ["type": "graph_conv", "units": 2],
    ],
  ]

  private func upload(
    _ parts: [(name: String, text: String)], _ client: TestClient
  ) async throws -> TestClient.Answer {
    var body = ""
    for (name, text) in parts {
      body +=
        "--b\r\nContent-Disposition: form-data; name=\"\(name)\"; filename=\"\(name)\"\r\n\r\n"
      body += text + "\r\n"
    }
    return try await client.send(
      "POST", "/v1/datasets?name=rings", ["Content-Type": "multipart/form-data; boundary=b"],
      body: Array((body + "--b--\r\n").utf8))
  }

  private func run(_ dataset: String, _ training: [String: JSON] = [:]) -> JSON {
    var object = JSONObject([
      ("epochs", 60), ("seed", 3), ("loss", "cross_entropy"), ("metrics", ["accuracy"]),
      ("optimizer", ["type": "adam", "learning_rate": 0.05]),
    ])
    for (name, value) in training { object[name] = value }
    return ["model": Self.model, "dataset": .string(dataset), "training": .object(object)]
  }

  @Test("a graph is uploaded, trained on, tested, and asked of its vertices")
  func wholePath() async throws {
    let client = ServerScope.server.client
    let dataset = try await upload(Self.parts, client)
    #expect(dataset.status == 201, "\(dataset.text)")
    #expect(dataset.json["format"] == "graph" && dataset.json["examples"] == 16)
    #expect(dataset.json["graph"]?["edges"] == 66 && dataset.json["graph"]?["train"] == 2)
    let id = try #require(dataset.json["id"]?.string)

    let submitted = try await client.post(
      "/v1/runs", json: run(id, ["validation": ["mask": true]]))
    #expect(submitted.status == 202, "\(submitted.text)")
    let runID = try #require(submitted.json["id"]?.string)
    _ = try await client.get("/v1/runs/\(runID)/events", ["Accept": "application/x-ndjson"])
    let ended = try await client.get("/v1/runs/\(runID)")
    #expect(ended.json["state"] == "succeeded", "\(ended.text)")
    #expect(ended.json["metrics"]?["test_accuracy"]?.double == 1, "\(ended.text)")

    let all = try await client.post("/v1/runs/\(runID)/predictions", json: [:])
    #expect(all.status == 200, "\(all.text)")
    let classes = (all.json["predictions"]?.array ?? []).compactMap(\.string)
    #expect(classes.count == 16)
    let some = try await client.post(
      "/v1/runs/\(runID)/predictions", json: ["vertices": [12, 1]])
    #expect(some.json["vertices"] == [12, 1])
    #expect(some.json["outputs"]?[1] == all.json["outputs"]?[1])
    #expect(some.json["predictions"]?[0]?.string == classes[12])

    let wrong = try await client.post(
      "/v1/runs/\(runID)/predictions", json: ["vertices": [16, "a"]])
    #expect(wrong.status == 422)
    #expect(
      (wrong.json["errors"]?.array ?? []).compactMap { $0["pointer"]?.string }
        == ["/vertices/0", "/vertices/1"])
    let evaluation = try await client.post(
      "/v1/runs/\(runID)/evaluations", json: ["dataset": .string(id)])
    #expect(evaluation.json["examples"] == 12 && evaluation.json["accuracy"]?.double == 1)
    let preview = try await client.get("/v1/datasets/\(id)/preview?rows=2")
    #expect(preview.json["rows"]?[1]?["input"]?.array?.count == 16)
    #expect(preview.json["rows"]?[1]?["target"] == "left")
  }

  @Test("what is wrong with a graph or a run on it is told with its place")
  func faults() async throws {
    let client = ServerScope.server.client
    var parts = Self.parts
    parts[1].text += "3,16\n"
    let upload = try await self.upload(parts, client)
    #expect(upload.status == 422, "\(upload.text)")
    #expect(upload.text.contains("edges, row 35, column 2"), "\(upload.text)")

    let dataset = try await self.upload(Self.parts, client)
    let id = try #require(dataset.json["id"]?.string)
    let size = try await client.post("/v1/runs", json: run(id, ["batch_size": 8]))
    #expect(size.status == 422)
    #expect(size.json["errors"]?[0]?["pointer"] == "/training/batch_size", "\(size.text)")
    let table = try await ServerScope.server.upload(
      Samples.blobs(rows: 40), "name=blobs&format=csv&scale=none")
    let tableID = try #require(table["id"]?.string)
    let mixed = try await client.post("/v1/runs", json: run(tableID))
    #expect(mixed.status == 422 && mixed.text.contains("format=graph"), "\(mixed.text)")
  }

  @Test("a graph model's gradients are checked on a drawn graph, and on one that is named")
  func gradientCheck() async throws {
    let client = ServerScope.server.client
    let dataset = try await upload(Self.parts, client)
    for body: JSON in [
      ["model": Self.model, "loss": "cross_entropy"],
      [
        "model": Self.model, "loss": "cross_entropy",
        "dataset": .string(dataset.json["id"]?.string ?? ""),
      ],
    ] {
      let answer = try await client.post("/v1/gradient-checks", json: body)
      #expect(answer.status == 200 && answer.json["passed"] == true, "\(answer.text)")
    }
  }
}
