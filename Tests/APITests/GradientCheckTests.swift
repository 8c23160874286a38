import Foundation
import JSON
import Testing

@testable import API

/// `POST /v1/gradient-checks`: what passes, what is told, and what is refused.
@Suite(.serialized, .server) struct GradientCheckTests {
  private var client: TestClient { ServerScope.server.client }

  private static let spec: JSON = [
    "input": ["shape": [1, 8, 8]],
    "layers": [
      ["type": "conv2d", "filters": 4, "kernel": 3, "activation": "relu", "name": "conv"],
      ["type": "max_pool2d", "size": 2], ["type": "flatten"], ["type": "dropout", "rate": 0.25],
      ["type": "dense", "units": 10, "name": "out"],
    ],
  ]

  private func check(_ body: JSON) async throws -> TestClient.Answer {
    try await client.post("/v1/gradient-checks", json: body)
  }

  private func pointers(_ answer: TestClient.Answer) -> [String] {
    answer.json["errors"]?.array?.compactMap { $0["pointer"]?.string } ?? []
  }

  @Test("a convolutional model passes, every element of every parameter checked")
  func convolution() async throws {
    let answer = try await check(["model": Self.spec, "loss": ["type": "cross_entropy"]])
    #expect(answer.status == 200, "\(answer.text)")
    let json = answer.json
    #expect(json["passed"] == true)
    #expect(json["element_type"] == "float64")
    #expect(json["elements"] == 410)
    #expect(json["checked"] == 410)
    #expect(json["failed"] == 0)
    #expect(json["step"]?.double == 1e-5)
    #expect(json["tolerance"]?.double == 1e-6)
    #expect(json["limit"] == .null)
    #expect((json["loss"]?.double ?? 0) > 0)
    let parameters = json["parameters"]?.array ?? []
    #expect(
      parameters.compactMap { $0["name"]?.string }
        == ["conv.weight", "conv.bias", "out.weight", "out.bias"])
    #expect(parameters.contains { $0["name"] == json["worst"] })
    for parameter in parameters {
      #expect(parameter["passed"] == true)
      #expect(try #require(parameter["relative_difference"]?.double) < 1e-6)
      #expect(try #require(parameter["largest_derivative"]?.double) > 1e-3)
      try place(parameter)
    }
  }

  /// The two forms of the worst element's index say the same, and its values make the difference.
  private func place(_ parameter: JSON) throws {
    let worst = try #require(parameter["worst_element"])
    let index = worst["index"]?.array?.compactMap(\.integer) ?? []
    let shape = parameter["shape"]?.array?.compactMap(\.integer) ?? []
    #expect(index.count == shape.count && zip(index, shape).allSatisfy { $0 < $1 })
    let flat = zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }
    #expect(worst["flat_index"] == .integer(flat))
    let analytic = try #require(worst["analytic"]?.double)
    let numeric = try #require(worst["numeric"]?.double)
    #expect(parameter["largest_difference"]?.double == abs(analytic - numeric))
  }

  @Test("the same seed gives the same answer, another seed another")
  func seeds() async throws {
    let body: JSON = ["model": Self.spec, "loss": "mse"]
    let first = try await check(body).json.setting("seconds", nil)
    let again = try await check(body).json.setting("seconds", nil)
    #expect(first == again)
    let other = try await check(body.setting("seed", 1)).json
    #expect(first["passed"] == true && other["passed"] == true)
    #expect(first["loss"] != other["loss"])
  }

  @Test("a stored model is checked on the first rows of a dataset")
  func stored() async throws {
    let dataset = try await ServerScope.server.upload(Samples.blobs(rows: 6), "format=csv")
    let model = try await client.post("/v1/models", json: Samples.model).json
    let answer = try await check([
      "model": try #require(model["id"]), "loss": "cross_entropy", "batch_size": 32,
      "dataset": try #require(dataset["id"]),
    ])
    #expect(answer.json["passed"] == true, "\(answer.text)")
    #expect(answer.json["batch_size"] == 6)
    #expect(answer.json["checked"] == 42)
    let other = try await check([
      "model": Self.spec, "loss": "cross_entropy", "dataset": try #require(dataset["id"]),
    ])
    #expect(other.status == 422)
    #expect(pointers(other) == ["/dataset"])
    #expect(other.text.contains("[1, 8, 8]") && other.text.contains("[2]"))
  }

  @Test("every fault of a body is named at once, with its place")
  func faults() async throws {
    let answer = try await check([
      "model": ["input": ["shape": [4]], "layers": [["type": "dense", "units": 0]]],
      "loss": "cross_entropi", "batch_size": 257, "step": 0, "tolerance": "small", "seed": -1,
      "max_seconds": 61, "dataset": "data", "epsilon": 1e-6,
    ])
    #expect(answer.status == 422)
    #expect(answer.headers["content-type"] == "application/problem+json")
    #expect(
      Set(pointers(answer)) == [
        "/model/layers/0/units", "/loss", "/batch_size", "/step", "/tolerance", "/seed",
        "/max_seconds", "/dataset", "/epsilon",
      ], "\(answer.text)")
    #expect(pointers(try await check([:])) == ["/model", "/loss"])
    let unknown: JSON = .string("mdl_01KB7C8F4H2J9K6M3N5P7Q1R0S")
    #expect(pointers(try await check(["model": unknown, "loss": "mse"])) == ["/model"])
  }

  @Test("a model that can't be checked is refused, with the reason and before any memory is taken")
  func unfit() async throws {
    func refused(_ input: JSON, _ layers: JSON, _ loss: JSON, batch: Int = 4) async throws -> String
    {
      let answer = try await check([
        "model": ["input": ["shape": input], "layers": layers], "loss": loss,
        "batch_size": .integer(batch),
      ])
      #expect(answer.status == 422)
      return "\(pointers(answer)) \(answer.json["detail"]?.string ?? "")"
    }
    let none = try await refused([4], [["type": "flatten"]], "mse")
    #expect(none.hasPrefix("[\"/model\"]") && none.contains("no parameters"))
    let softmax: JSON = [["type": "dense", "units": 3, "activation": "softmax"]]
    #expect(try await refused([4], softmax, "cross_entropy").hasPrefix("[\"/loss\"]"))
    let single = try await refused([4], [["type": "dense", "units": 1]], "cross_entropy")
    #expect(single.hasPrefix("[\"/loss\"]"))
    let wide: JSON = [["type": "dense", "units": 50_000]]
    let slow = try await refused([500], wide, "mse", batch: 256)
    #expect(slow.hasPrefix("[\"/model\"]") && slow.contains("10000000000"))
    let large = try await refused([4000], wide, "mse", batch: 1)
    #expect(large.hasPrefix("[\"/model\"]") && large.contains("1024 MiB"))
  }

  @Test("a check that runs out of time says so, and how far it came")
  func outOfTime() async throws {
    let answer = try await check([
      "model": ["input": ["shape": [600]], "layers": [["type": "dense", "units": 600]]],
      "loss": "mse", "max_seconds": 0.001,
    ])
    #expect(answer.status == 200)
    #expect(answer.json["limit"] == "max_seconds")
    #expect(answer.json["elements"] == 360_600)
    #expect((answer.json["checked"]?.integer ?? .max) < 360_600)
  }
}
