import Foundation
import JSON
import Testing

@testable import API

@Suite(.serialized, .server) struct SplitEndpointTests {
  private var server: TestServer { ServerScope.server }

  private func upload(_ text: [UInt8]) async throws -> String {
    let answer = try await server.upload(text, "format=csv&scale=none")
    return try #require(answer["id"]?.string, "\(answer)")
  }

  private func split(_ dataset: String, _ recipe: JSON) async throws -> JSON {
    let answer = try await server.client.post(
      "/v1/splits", json: recipe.setting("dataset", .string(dataset)))
    #expect(answer.status == 201, "\(answer.text)")
    return answer.json
  }

  private func ended(_ body: JSON) async throws -> JSON {
    let made = try await server.client.post("/v1/runs", json: body)
    let id = try #require(made.json["id"]?.string, "\(made.text)")
    return try await server.client.get(
      "/v1/runs/\(id)?until=state%3Dsucceeded", ["Prefer": "wait=60"]
    ).json
  }

  @Test("a run with a split trains and validates as it would on datasets of those rows")
  func sameRows() async throws {
    let lines = String(decoding: Samples.blobs(rows: 60), as: UTF8.self)
      .split(separator: "\n").map(String.init)
    func table(_ rows: some Sequence<Int>) -> [UInt8] {
      Array(([lines[0]] + rows.map { lines[$0 + 1] }).joined(separator: "\n").utf8)
    }
    let whole = try await upload(table(0..<60))
    let (first, last) = (try await upload(table(0..<40)), try await upload(table(40..<60)))
    let split = try await split(whole, ["type": "order", "validation": 0.33334])
    #expect(split["counts"] == ["train": 40, "validation": 20, "test": 0])
    let plain = Samples.run(dataset: whole, epochs: 3)
    let one = try await ended(
      plain.setting("dataset", ["train": .string(whole), "split": split["id"] ?? .null]))
    let other = try await ended(
      plain.setting("dataset", ["train": .string(first), "validation": .string(last)]))
    #expect(one["state"] == "succeeded" && other["state"] == "succeeded", "\(one)")
    for name in ["train_loss", "epoch_loss", "validation_loss", "validation_accuracy"] {
      #expect(one["metrics"]?[name] != nil && one["metrics"]?[name] == other["metrics"]?[name])
    }
    // The validation part by itself is what the run validated on.
    let run = try #require(one["id"]?.string)
    let evaluation = try await server.client.post(
      "/v1/runs/\(run)/evaluations",
      json: [
        "dataset": .string(whole), "split": split["id"] ?? .null, "part": "validation",
        "checkpoint": "latest",
      ])
    #expect(evaluation.json["examples"] == 20, "\(evaluation.text)")
    let loss = try #require(evaluation.json["loss"]?.double)
    let known = try #require(one["metrics"]?["validation_loss"]?.double)
    #expect(abs(loss - known) < 1e-6)
    let none = try await server.client.post(
      "/v1/runs/\(run)/evaluations",
      json: ["dataset": .string(whole), "split": split["id"] ?? .null])
    #expect(none.status == 422 && none.text.contains("/part"))
  }

  @Test("a sweep over folds is a cross-validation, whose folds cover the data")
  func crossValidation() async throws {
    let dataset = try await upload(Samples.blobs(rows: 60))
    let split = try await split(dataset, ["type": "stratified", "folds": 3, "name": "three"])
    #expect(split["counts"]?["folds"] == [20, 20, 20] && split["name"] == "three")
    let run = Samples.run(dataset: dataset, epochs: 1).setting(
      "dataset", ["train": .string(dataset), "split": split["id"] ?? .null])
    let sweep = try await server.client.post(
      "/v1/sweeps", json: ["run": run, "parameters": ["/dataset/fold": ["values": [0, 1, 2]]]])
    #expect(sweep.status == 202, "\(sweep.text)")
    #expect(sweep.json["goal"]?["metric"] == "validation_loss")
    let path = "/v1/sweeps/\(sweep.json["id"]?.string ?? "")"
    var found: JSON = .null
    for _ in 0..<600 where found["state"] != "finished" {
      found = try await server.client.get(path).json
      if found["state"] != "finished" { try await Task.sleep(for: .milliseconds(50)) }
    }
    let values =
      try await server.client.get("\(path)/runs").json["data"]?.array?
      .compactMap { $0["value"]?.double } ?? []
    let mean = values.reduce(0, +) / 3
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    #expect(values.count == 3 && found["values"]?["count"] == 3)
    #expect(abs((found["values"]?["mean"]?.double ?? 0) - mean) < 1e-12)
    #expect(abs((found["values"]?["std"]?.double ?? 0) - (squares / 2).squareRoot()) < 1e-9)
    let without = try await server.client.post("/v1/runs", json: run)
    #expect(without.status == 422 && without.text.contains("/dataset/fold"))
    let busy = try await server.client.send("DELETE", "/v1/splits/\(split["id"]?.string ?? "")")
    #expect([204, 409].contains(busy.status))
  }

  @Test("the parts come as an array of bytes, whole and by range, and go with the dataset")
  func parts() async throws {
    let client = server.client
    let dataset = try await upload(Samples.blobs(rows: 60))
    let split = try await split(
      dataset, ["type": "given", "indices": ["train": [0, 1], "validation": [2], "test": [59]]])
    #expect(split["left_out"] == 56 && split["indices"] == nil)
    let path = "/v1/splits/\(split["id"]?.string ?? "")"
    let whole = try await client.get("\(path)/parts")
    #expect(whole.body.count == 128 + 60 && whole.body.starts(with: [0x93] + Array("NUMPY".utf8)))
    #expect(Array(whole.body.dropFirst(128).prefix(4)) == [0, 0, 1, 255] && whole.body.last == 2)
    let range = try await client.get("\(path)/parts", ["Range": "bytes=126-131"])
    #expect(range.status == 206 && range.body == Array(whole.body[126...131]))
    let listed = try await client.get("/v1/splits?dataset=\(dataset)").json["data"]?.array
    #expect(listed?.map { $0["id"] } == [split["id"]])
    #expect(try await client.get("/v1/splits?dataset=nothing").status == 422)
    #expect(try await client.send("DELETE", "/v1/datasets/\(dataset)").status == 204)
    #expect(try await client.get(path).status == 404)
  }

  @Test("the parts of a split go with the last that makes them")
  func files() async throws {
    let dataset = try await upload(Samples.blobs(rows: 64))
    func files() throws -> Int {
      let datasets = server.folder.appending(path: "datasets")
      return try FileManager.default.subpathsOfDirectory(
        atPath: datasets.path(percentEncoded: false)
      ).count { $0.contains("/split-") }
    }
    let before = try files()
    let one = try await split(dataset, ["type": "random", "seed": 77])
    let other = try await split(dataset, ["type": "random", "seed": 77])
    #expect(try files() == before + 1)
    for (id, left) in [(one["id"], 1), (other["id"], 0)] {
      let answer = try await server.client.send("DELETE", "/v1/splits/\(id?.string ?? "")")
      #expect(answer.status == 204)
      #expect(try files() == before + left)
    }
  }

  @Test("a split is told what is wrong with it, and a run with a split too")
  func faults() async throws {
    let client = server.client
    let (one, other) = (
      try await upload(Samples.blobs(rows: 60)), try await upload(Samples.blobs(rows: 62))
    )
    for (recipe, pointer) in [
      (["type": "group", "column": "z"], "/column"), (["type": "order", "folds": 61], "/type"),
      (["type": "time", "column": "label"], "/column"),
      (["type": "given", "indices": ["validation": [60]]], "/indices"),
    ] as [(JSON, String)] {
      let answer = try await client.post(
        "/v1/splits", json: recipe.setting("dataset", .string(one)))
      #expect(answer.status == 422, "\(answer.text)")
      #expect(answer.json["errors"]?.array?.first?["pointer"] == .string(pointer), "\(answer.text)")
    }
    let split = try await split(one, ["type": "random"])
    let plain = Samples.run(dataset: one)
    for (dataset, pointer) in [
      (["train": .string(other), "split": split["id"] ?? .null], "/dataset/split"),
      (["train": .string(one), "split": split["id"] ?? .null, "fold": 1], "/dataset/fold"),
      (["train": .string(one), "fold": 1], "/dataset/fold"),
      (
        ["train": .string(one), "split": split["id"] ?? .null, "validation": .string(other)],
        "/dataset/validation"
      ),
    ] as [(JSON, String)] {
      let answer = try await client.post("/v1/runs", json: plain.setting("dataset", dataset))
      let pointers = answer.json["errors"]?.array?.compactMap { $0["pointer"]?.string } ?? []
      #expect(answer.status == 422 && pointers.contains(pointer), "\(answer.text)")
    }
  }
}
