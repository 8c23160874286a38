import JSON
import Testing

@testable import API

/// Answers as pictures and for a terminal, over HTTP.
@Suite(.serialized, .server) struct PictureTests {
  private func run() async throws -> String {
    let server = ServerScope.server
    let dataset = try await server.upload(Samples.blobs(rows: 120), "format=csv&target=label&name=b")
    let submitted = try await server.client.post(
      "/v1/runs", json: Samples.run(dataset: dataset["id"]?.string ?? ""))
    let id = try #require(submitted.json["id"]?.string)
    _ = try await server.client.get("/v1/runs/\(id)/events", ["Accept": "application/x-ndjson"])
    return id
  }

  private static let paths = [
    ("metrics?names=train_loss", "train_loss: 24 points"),
    ("gradients", "hidden.weight:"), ("updates", "dense_1.bias:"),
    ("histograms?quantity=weight&layer=hidden.weight&from_step=1", "step 8: 16 values"),
  ]

  @Test("as SVG with title and words", arguments: paths)
  func pictures(path: String, words: String) async throws {
    let id = try await run()
    let answer = try await ServerScope.server.client.get(
      "/v1/runs/\(id)/\(path)", ["Accept": "image/svg+xml"])
    #expect(answer.status == 200)
    #expect(answer.headers["content-type"] == "image/svg+xml")
    #expect(answer.text.hasPrefix("<?xml"))
    #expect(answer.text.contains("<title>\(id): "))
    #expect(answer.text.contains(words), "\(answer.text.prefix(2_000))")
  }

  @Test("as text of at most 120 columns", arguments: paths)
  func texts(path: String, words: String) async throws {
    let id = try await run()
    let answer = try await ServerScope.server.client.get(
      "/v1/runs/\(id)/\(path)", ["Accept": "text/plain"])
    #expect(answer.status == 200)
    let lines = answer.text.split(separator: "\n")
    #expect(lines.count >= 2)
    #expect(lines.allSatisfy { $0.count <= 120 })
    #expect(answer.text.contains { "▁▂▃▄▅▆▇█".contains($0) })
  }

  @Test("whoever takes anything gets JSON", arguments: paths)
  func json(path: String, words: String) async throws {
    let id = try await run()
    let answer = try await ServerScope.server.client.get("/v1/runs/\(id)/\(path)", ["Accept": "*/*"])
    #expect(answer.headers["content-type"] == "application/json")
  }

  @Test("what isn't finite is marked")
  func unsound() {
    #expect(Pictures.sparkline([1, .nan, 2]) == "▁×█")
    #expect(Pictures.sparkline([]) == "")
    #expect(Pictures.sparkline([.infinity, .nan]) == "××")
  }
}
