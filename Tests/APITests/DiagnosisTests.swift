import JSON
import Testing

@testable import API

/// The diagnosis over HTTP.
@Suite(.serialized, .server) struct DiagnosisTests {
  private func run(_ layers: [JSON], _ observe: JSON = [:]) async throws -> String {
    let server = ServerScope.server
    let dataset = try await server.upload(Samples.blobs(rows: 120), "format=csv&target=label&name=b")
    let submitted = try await server.client.post(
      "/v1/runs",
      json: [
        "model": ["input": ["shape": [2]], "layers": .array(layers)],
        "dataset": dataset["id"] ?? .null, "observe": observe,
        "training": [
          "epochs": 3, "batch_size": 15, "seed": 7, "loss": "cross_entropy",
          "optimizer": ["type": "adam", "learning_rate": 0.01],
        ],
      ])
    return try #require(submitted.json["id"]?.string, "\(submitted.text)")
  }

  private func events(_ id: String) async throws -> [JSON] {
    let answer = try await ServerScope.server.client.get(
      "/v1/runs/\(id)/events", ["Accept": "application/x-ndjson"])
    return try answer.text.split(separator: "\n").map { try JSON(parsing: String($0)) }
  }

  private let deep: [JSON] =
    Array(
      repeating: [
        "type": "dense", "units": 16, "activation": "sigmoid",
        "initializer": ["type": "normal", "std": 0.2],
      ], count: 10) + [["type": "dense", "units": 2]]
  private let shallow: [JSON] = [
    ["type": "dense", "units": 8, "activation": "relu"], ["type": "dense", "units": 2],
  ]

  @Test("a finding is an event once, and stands in the diagnosis as JSON and as text")
  func finding() async throws {
    let client = ServerScope.server.client
    let id = try await run(deep)
    let told = try await events(id).filter { $0["type"] == "finding" }
    #expect(told.count { $0["data"]?["rule"] == "vanishing_gradient" } == 1)
    let answer = try await client.get("/v1/runs/\(id)/diagnosis")
    #expect(answer.status == 200)
    let found = try #require(
      answer.json["findings"]?.array?.first { $0["rule"] == "vanishing_gradient" })
    #expect(found["severity"] == "critical")
    #expect(found["layer"] == "dense_0")
    #expect(found["evidence"]?["threshold_decades"]?.double == 2)
    #expect(found["advice"]?["field"] == "/model/layers")
    #expect(answer.json["checked"]?.array?.count ?? 0 > 20)
    let index = try #require(answer.json["vanishing_index"]?.double)
    #expect(index > 0.3)
    #expect(try await client.get("/v1/runs/\(id)").json["vanishing_index"]?.double == index)

    let text = try await client.get("/v1/runs/\(id)/diagnosis", ["Accept": "text/plain"])
    #expect(text.text.contains("CRITICAL vanishing_gradient in dense_0"))
    let none = try await client.get("/v1/runs/\(id)/diagnosis?rule=overfit").json
    #expect(none["findings"] == [])
    let unknown = try await client.get("/v1/runs/\(id)/diagnosis?rule=vanishing")
    #expect(unknown.status == 422)
    #expect(unknown.text.contains("vanishing_gradient"))
  }

  @Test("runs sort by their vanishing index, page after page")
  func sorted() async throws {
    let client = ServerScope.server.client
    for layers in [shallow, deep, shallow] { _ = try await events(run(layers)) }
    var indices: [Double?] = []
    var path: String? = "/v1/runs?sort=-vanishing_index&limit=2"
    while let next = path {
      let page = try await client.get(next).json
      indices += (page["data"]?.array ?? []).map { $0["vanishing_index"]?.double }
      path = page["next_cursor"]?.string.map {
        "/v1/runs?sort=-vanishing_index&limit=2&cursor=\($0)"
      }
    }
    let known = indices.prefix { $0 != nil }.compactMap(\.self)
    #expect(!known.isEmpty)
    #expect(known == known.sorted(by: >))
    // All that have none come behind.
    #expect(indices.dropFirst(known.count).allSatisfy { $0 == nil })
    #expect(indices.count > known.count)
    let wrong = try await client.get("/v1/runs?sort=loss")
    #expect(wrong.status == 422)
  }

  @Test("a run may do without")
  func without() async throws {
    let id = try await run(deep, ["diagnosis": false])
    #expect(try await events(id).allSatisfy { $0["type"] != "finding" })
    let answer = try await ServerScope.server.client.get("/v1/runs/\(id)/diagnosis").json
    #expect(answer["findings"] == [])
    #expect(answer["checked"] == [])
  }

  @Test("a run that repeats another says so")
  func similar() async throws {
    let client = ServerScope.server.client
    let first = try await run(shallow)
    _ = try await events(first)
    let cloned = try await client.post("/v1/runs/\(first):clone", json: [:])
    let second = try #require(cloned.json["id"]?.string)
    #expect(try await events(second).contains { $0["data"]?["rule"] == "similar_runs" })
    let found = try await client.get("/v1/runs/\(second)/diagnosis?rule=similar_runs").json
    #expect(found["findings"]?[0]?["explanation"]?.string?.contains(first) == true)
    let other = try await client.post(
      "/v1/runs/\(first):clone", json: ["training": ["seed": 99]])
    let third = try #require(other.json["id"]?.string)
    #expect(try await events(third).allSatisfy { $0["data"]?["rule"] != "similar_runs" })
  }
}
