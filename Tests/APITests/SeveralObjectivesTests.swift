import Foundation
import JSON
import Testing

@testable import API

/// Two inputs, two heads and two targets over HTTP, from the upload to the predictions.
@Suite(.serialized, .server) struct SeveralObjectivesTests {
  private static let model: JSON = [
    "name": "two heads",
    "inputs": ["a": ["shape": [5]], "picture": ["shape": [2, 3]]],
    "layers": [
      ["type": "dense", "units": 6, "activation": "tanh", "name": "left", "inputs": "a"],
      ["type": "flatten", "name": "flat", "inputs": "picture"],
      ["type": "concat", "name": "both", "inputs": ["left", "flat"]],
      ["type": "dense", "units": 8, "activation": "tanh", "name": "shared"],
      ["type": "dense", "units": 3, "name": "kind"],
      ["type": "dense", "units": 2, "name": "size", "inputs": "shared"],
    ],
    "outputs": ["kind", "size"],
  ]

  private static func fixture(_ name: String) throws -> [UInt8] {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../DatasetsTests/Fixtures/\(name)")
    return Array(try Data(contentsOf: url))
  }

  private func upload() async throws -> String {
    let dataset = try await ServerScope.server.upload(
      Self.fixture("several.npz"), "features=a,picture&targets=kind,size&name=several")
    #expect(dataset["inputs"]?[1]?["name"] == "picture")
    #expect(dataset["targets"]?[1]?["kind"] == "vector")
    return try #require(dataset["id"]?.string)
  }

  private func run(
    _ dataset: String, loss: JSON, steps: Int = 24
  ) async throws -> (id: String, run: JSON) {
    let client = ServerScope.server.client
    let submitted = try await client.post(
      "/v1/runs",
      json: [
        "model": Self.model, "dataset": .string(dataset),
        "training": [
          "steps": .integer(steps), "batch_size": 10, "seed": 3, "loss": loss,
          "optimizer": ["type": "adam", "learning_rate": 0.02], "metrics": ["accuracy"],
          "validation": ["fraction": 0.25],
        ],
        "observe": ["histograms_every": 0, "activations_every": 0, "term_gradients_every": 4],
      ])
    #expect(submitted.status == 202, "\(submitted.text)")
    let id = try #require(submitted.json["id"]?.string)
    // The stream ends when the run does.
    let events = try await client.get("/v1/runs/\(id)/events", ["Accept": "application/x-ndjson"])
    let lines = try events.text.split(separator: "\n").map { try JSON(parsing: String($0)) }
    // A reader that comes when the run is over finds no steps among its events.
    for step in lines where step["type"] == "step" {
      #expect(step["data"]?["terms"]?["kind"]?["weight"] != nil)
    }
    let validation = try #require(lines.last { $0["type"] == "validation" }?["data"])
    #expect(validation["terms"]?["kind"]?["accuracy"] != nil)
    #expect(validation["terms"]?["size"]?["accuracy"] == nil)
    let run = try await client.get("/v1/runs/\(id)")
    #expect(run.json["state"] == "succeeded", "\(run.text)")
    return (id, run.json)
  }

  private func series(_ id: String) async throws -> [String: [[Double?]]] {
    let answer = try await ServerScope.server.client.get("/v1/runs/\(id)/metrics")
    var found: [String: [[Double?]]] = [:]
    for series in answer.json["series"]?.array ?? [] {
      found[series["name"]?.string ?? ""] = (series["points"]?.array ?? []).map { point in
        (point.array ?? []).map(\.double)
      }
    }
    return found
  }

  private static let terms: JSON = [
    ["output": "kind", "type": "cross_entropy", "target": "kind", "weight": 0.75],
    ["output": "size", "type": "mse", "weight": ["value": 0.5, "schedule": "linear"]],
  ]

  @Test("a client uploads two inputs and targets, trains, watches each term, and predicts")
  func wholePath() async throws {
    let client = ServerScope.server.client
    let validated = try await client.post("/v1/models:validate", json: Self.model)
    #expect(validated.status == 200, "\(validated.text)")
    #expect(validated.json["inputs"]?[1]?["name"] == "picture")
    #expect(validated.json["outputs"]?[1]?["shape"] == [2])

    let dataset = try await upload()
    let (id, run) = try await run(dataset, loss: Self.terms)
    let series = try await series(id)
    for name in [
      "train_loss.kind", "train_loss.size", "loss_weight.kind", "loss_weight.size", "train_loss",
    ] {
      #expect(series[name]?.count == 24, "\(name)")
      #expect(run["metrics"]?[name]?.double != nil, "\(name)")
    }
    for index in 0..<24 {
      let parts = ["kind", "size"].map { term in
        (series["train_loss.\(term)"]?[index][1] ?? .nan)
          * (series["loss_weight.\(term)"]?[index][1] ?? .nan)
      }
      #expect(abs((series["train_loss"]?[index][1] ?? .nan) - parts[0] - parts[1]) < 1e-6)
    }
    #expect(series["loss_weight.kind"]?.last?[1] == 0.75)
    #expect((series["loss_weight.size"]?.last?[1] ?? 1) < 0.05)
    #expect(series["gradient_norm.kind"]?.map { $0[0] } == [1, 4, 8, 12, 16, 20, 24])
    #expect(series["validation_accuracy.kind"]?.isEmpty == false)
    #expect(series["validation_loss.size"]?.isEmpty == false)
    #expect(series["train_accuracy.kind"]?.isEmpty == false)

    try await predictions(id)
    let evaluation = try await client.post(
      "/v1/runs/\(id)/evaluations", json: ["dataset": .string(dataset)])
    #expect(evaluation.status == 200, "\(evaluation.text)")
    #expect(evaluation.json["terms"]?["kind"]?["accuracy"] != nil)
    let weights = try await client.get("/v1/runs/\(id)/weights")
    let tensors = try Samples.safetensors(weights.body)
    #expect(
      tensors.keys.sorted()
        == ["kind", "left", "shared", "size"].flatMap { ["\($0).bias", "\($0).weight"] })
    #expect(tensors["shared.weight"]?.shape == [8, 12])
  }

  private func predictions(_ id: String) async throws {
    let client = ServerScope.server.client
    let path = "/v1/runs/\(id)/predictions"
    let rows = try JSON(parsing: Self.fixture("several.json"))
    let inputs = (0..<3).map { index -> JSON in
      ["a": rows["a"]?[index] ?? .null, "picture": rows["picture"]?[index] ?? .null]
    }
    let answer = try await client.post(path, json: ["inputs": .array(inputs)])
    #expect(answer.status == 200, "\(answer.text)")
    let kind = try #require(answer.json["outputs"]?["kind"])
    #expect(kind["kind"] == "probabilities")
    #expect(kind["classes"] == ["0", "1", "2"])
    #expect(kind["predictions"]?.array?.count == 3)
    #expect(answer.json["outputs"]?["size"]?["outputs"]?[2]?.array?.count == 2)
    let archive = try await client.send(
      "POST", path, ["Content-Type": "application/x-npz"], body: Self.fixture("several/request.npz")
    )
    #expect(archive.json["outputs"] == answer.json["outputs"], "\(archive.text)")
    let array = try await client.send(
      "POST", path, ["Content-Type": "application/x-npy"], body: Self.fixture("several/a.npy"))
    #expect(array.status == 422)
    #expect(array.text.contains("a, picture"))
    let lacking = try await client.post(path, json: ["inputs": [["a": [1, 2, 3, 4, 5]]]])
    #expect(lacking.status == 422)
    #expect(lacking.json["errors"]?[0]?["pointer"] == "/inputs/0/picture")
  }

  @Test("every balance trains over HTTP", arguments: ["uncertainty", "gradnorm", "pcgrad"])
  func balances(balance: String) async throws {
    let dataset = try await upload()
    let terms: JSON = [
      ["output": "kind", "type": "cross_entropy"], ["output": "size", "type": "mse"],
    ]
    let (id, _) = try await run(
      dataset, loss: ["terms": terms, "balance": .string(balance)], steps: 8)
    let series = try await series(id)
    #expect(series["loss_weight.size"]?.count == 8)
    #expect(series["gradient_norm.size"]?.map { $0[0] } == [1, 4, 8])
  }

  @Test("parts by the names that the options give, and no others")
  func parts() async throws {
    let client = ServerScope.server.client
    func body(_ names: [String]) throws -> [UInt8] {
      var body: [UInt8] = []
      for name in names {
        body += Array(
          "--cut\r\nContent-Disposition: form-data; name=\"\(name)\"; filename=\"x\"\r\n\r\n".utf8)
        body += try Self.fixture("several/\(name.split(separator: "/").last ?? "a").npy")
        body += Array("\r\n".utf8)
      }
      return body + Array("--cut--\r\n".utf8)
    }
    let type = ["Content-Type": "multipart/form-data; boundary=cut"]
    let path = "/v1/datasets?features=a,picture&targets=kind,size"
    let answer = try await client.send(
      "POST", path, type, body: body(["a", "kind", "picture", "size"]))
    #expect(answer.status == 201, "\(answer.text)")
    #expect(answer.json["inputs"]?[0]?["name"] == "a")
    let id = try #require(answer.json["id"]?.string)
    let content = try await client.get("/v1/datasets/\(id)/content?part=size")
    #expect(try content.body == Self.fixture("several/size.npy"))
    let unknown = try await client.send("POST", path, type, body: body(["a", "short"]))
    #expect(unknown.status == 422)
    #expect(unknown.text.contains("short"))
    let climbing = try await client.send(
      "POST", "/v1/datasets?features=../a&targets=kind", type, body: body(["../a", "kind"]))
    #expect(climbing.status == 422, "\(climbing.text)")
  }

  @Test("faults of a list of terms are found when the run is asked for")
  func faults() async throws {
    let client = ServerScope.server.client
    let dataset = try await upload()
    let answer = try await client.post(
      "/v1/runs",
      json: [
        "model": Self.model, "dataset": .string(dataset),
        "training": [
          "steps": 3,
          "loss": [
            ["output": "kinds", "type": "cross_entropy"],
            ["output": "size", "type": "mse", "target": "sizes"],
          ],
        ],
      ])
    #expect(answer.status == 422)
    let pointers = (answer.json["errors"]?.array ?? []).compactMap { $0["pointer"]?.string }
    #expect(pointers == ["/training/loss/0/output", "/training/loss/1/target"])
  }
}
