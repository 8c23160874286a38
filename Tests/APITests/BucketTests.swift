import JSON
import Testing
import Training

@testable import API

/// Sequences of several lengths, uploaded and trained in batches of similar length.
@Suite(.serialized, .server) struct BucketTests {
  private var server: TestServer { ServerScope.server }

  /// 60 sequences of 1 to 12 tokens, of which the class is whether the first is high.
  private static func archive() throws -> [UInt8] {
    let inputs = (0..<60 * 12).map { place -> Float in
      let (row, column) = (place / 12, place % 12)
      return column <= row * 7 % 12 ? Float(1 + (row * 5 + column * 3) % 9) : 0
    }
    let classes = (0..<60).map { Int32(1 + $0 * 5 % 9 > 5 ? 1 : 0) }
    return try WeightsFile.npz.encoded([
      NamedTensor(name: "features", tensor: .init(inputs, shape: [60, 12])),
      NamedTensor(name: "targets", tensor: .init(classes, shape: [60])),
    ])
  }

  private func body(_ dataset: String, _ layers: [JSON], padding: JSON = 0) -> JSON {
    [
      "model": [
        "input": ["shape": [12], "dtype": "int32", "vocabulary": 10, "padding": padding],
        "layers": .array(
          [["type": "embedding", "dimensions": 4]] + layers + [["type": "dense", "units": 2]]),
      ],
      "dataset": .string(dataset),
      "training": [
        "epochs": 2, "batch_size": 7, "loss": "cross_entropy", "metrics": ["accuracy"],
        "validation": ["fraction": 0.2], "batching": ["bucket_by_length": ["buckets": 4]],
      ],
      "observe": ["activations_every": 1, "histograms_every": 2],
    ]
  }

  @Test(
    "a run in buckets succeeds, with every probe; a model that would see padding is refused with its place"
  )
  func runs() async throws {
    let client = server.client
    let made = try await server.upload(
      Self.archive(), "name=sequences&format=npz&target_kind=class&scale=none")
    let id = try #require(made["id"]?.string)
    let refused = try await client.post("/v1/runs", json: body(id, [["type": "flatten"]]))
    #expect(refused.status == 422)
    #expect(
      refused.json["errors"]?[0]?["pointer"] == "/training/batching/bucket_by_length",
      "\(refused.text)")
    let bare = try await client.post(
      "/v1/runs", json: body(id, [["type": "gru", "units": 5]], padding: .null))
    #expect(bare.text.contains("says what padding is"), "\(bare.text)")
    let run = try await client.post("/v1/runs", json: body(id, [["type": "gru", "units": 5]]))
    #expect(run.status == 202, "\(run.text)")
    let name = try #require(run.json["id"]?.string)
    let ended = try await client.get(
      "/v1/runs/\(name)?until=state%3Dsucceeded", ["Prefer": "wait=60"])
    #expect(ended.json["state"] == "succeeded", "\(ended.text)")
    #expect(ended.json["progress"]?["step"] == 14)
    #expect(
      ended.json["training"]?["batching"] == ["bucket_by_length": ["buckets": 4]], "\(ended.text)")
  }
}
