import Foundation
import JSON
import Testing

@testable import API

/// A text from its upload to what a model trained on it goes on with.
@Suite(.serialized, .server) struct TextTests {
  private static let text = Array(
    String(repeating: "the cat sat on the mat, and the rat ran. ", count: 12).utf8)

  private static func model(vocabulary: Int, stateful: Bool) -> JSON {
    [
      "input": ["shape": [10], "dtype": "int32", "vocabulary": .integer(vocabulary)],
      "layers": [
        ["type": "embedding", "dimensions": 8],
        [
          "type": "lstm", "units": 12, "return_sequences": true, "stateful": .bool(stateful),
        ],
        ["type": "dense", "units": .integer(vocabulary)],
      ],
    ]
  }

  private static func training(_ members: JSON) -> JSON {
    let base: JSON = [
      "epochs": 3, "batch_size": 5, "loss": "cross_entropy", "shuffle": false,
      "optimizer": ["type": "adam", "learning_rate": 0.02],
      "validation": ["fraction": 0.2], "metrics": ["accuracy"],
    ]
    return (members.object?.members ?? []).reduce(base) { $0.setting($1.0, $1.1) }
  }

  @Test("is uploaded, trained on with states that go on, and continued", arguments: [true, false])
  func wholePath(stateful: Bool) async throws {
    let server = ServerScope.server
    let client = server.client
    let dataset = try await server.upload(
      Self.text, "name=cats&format=text&sequence_length=10\(stateful ? "" : "&stride=1")")
    #expect(dataset["format"] == "text")
    #expect(dataset["target"]?["kind"] == "sequence")
    #expect(dataset["input"]?["dtype"] == "int32")
    let vocabulary = try #require(dataset["input"]?["vocabulary"]?.integer)
    let id = try #require(dataset["id"]?.string)
    let preview = try await client.get("/v1/datasets/\(id)/preview?rows=1")
    #expect(
      preview.json["rows"] == [["input": "the cat sa", "target": "he cat sat"]], "\(preview.text)")

    let submitted = try await client.post(
      "/v1/runs",
      json: [
        "model": Self.model(vocabulary: vocabulary, stateful: stateful), "dataset": .string(id),
        "training": Self.training(["shuffle": .bool(!stateful)]),
      ])
    #expect(submitted.status == 202, "\(submitted.text)")
    let run = try #require(submitted.json["id"]?.string)
    _ = try await client.get("/v1/runs/\(run)/events", ["Accept": "application/x-ndjson"])
    let ended = try await client.get("/v1/runs/\(run)")
    #expect(ended.json["state"] == "succeeded", "\(ended.text)")
    #expect((ended.json["metrics"]?["validation_loss"]?.double ?? 99) < 2.5)

    let answer = try await client.post(
      "/v1/runs/\(run)/predictions", json: ["inputs": ["the cat sa", "and the ra"]])
    #expect(answer.status == 200, "\(answer.text)")
    #expect(answer.json["classes"]?.array?.count == vocabulary)
    #expect(answer.json["outputs"]?.array?.first?.array?.count == 10)
    #expect(answer.json["predictions"]?.array?.first?.string?.count == 10)
    let wrong = try await client.post(
      "/v1/runs/\(run)/predictions", json: ["inputs": ["the cat", "THE CAT SA"]])
    #expect(wrong.status == 422)
    #expect(
      wrong.json["errors"]?.array?.compactMap { $0["pointer"]?.string } == [
        "/inputs/0", "/inputs/1",
      ])
    let evaluated = try await client.post(
      "/v1/runs/\(run)/evaluations", json: ["dataset": .string(id)])
    #expect(evaluated.status == 200, "\(evaluated.text)")
  }

  @Test(
    "of more characters than the model's vocabulary, or cut so that states can't go on, is refused")
  func faults() async throws {
    let server = ServerScope.server
    let dataset = try await server.upload(
      Self.text, "name=cats&format=text&sequence_length=10&stride=3")
    let vocabulary = try #require(dataset["input"]?["vocabulary"]?.integer)
    let answer = try await server.client.post(
      "/v1/runs",
      json: [
        "model": Self.model(vocabulary: vocabulary - 1, stateful: true),
        "dataset": #require(dataset["id"]), "training": Self.training(["shuffle": true]),
      ])
    #expect(answer.status == 422)
    let errors = answer.json["errors"]?.array ?? []
    #expect(
      Set(errors.compactMap { $0["pointer"]?.string }) == [
        "/dataset", "/training/shuffle", "/training/loss",
      ], "\(answer.text)")
    #expect(answer.text.contains("vocabulary of \(vocabulary - 1)"))
    #expect(answer.text.contains("has \(vocabulary) different tokens"))
    #expect(answer.text.contains("as long as sequence_length"))
  }

  @Test("that is no text is refused with the byte's place")
  func malformed() async throws {
    let answer = try await ServerScope.server.client.send(
      "POST", "/v1/datasets?format=text&sequence_length=4", body: [0x61, 0x62, 0xFF, 0x63])
    #expect(answer.status == 422)
    #expect(answer.text.contains("byte 2"))
  }
}
