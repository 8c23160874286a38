import JSON
import Testing

@testable import API
@testable import Runs

/// The clipping audit, over HTTP, against the gradients that the same run tells of.
@Suite(.serialized, .server) struct ClippingTests {
  private func run(clip: JSON?) async throws -> String {
    let server = ServerScope.server
    let dataset = try await server.upload(Samples.blobs(rows: 120), "format=csv&target=label&name=b")
    var body = Samples.run(dataset: dataset["id"]?.string ?? "").object ?? JSONObject()
    var training = body["training"]?.object ?? JSONObject()
    training["clip"] = clip
    body["training"] = .object(training)
    let submitted = try await server.client.post("/v1/runs", json: .object(body))
    let id = try #require(submitted.json["id"]?.string, "\(submitted.text)")
    _ = try await server.client.get("/v1/runs/\(id)/events", ["Accept": "application/x-ndjson"])
    return id
  }

  private func norms(_ id: String, _ stage: String) async throws -> [[Double]] {
    let answer = try await ServerScope.server.client.get("/v1/runs/\(id)/gradients?stage=\(stage)")
    return (answer.json["layers"]?.array ?? []).map { layer in
      (layer["points"]?.array ?? []).compactMap { $0[1]?.double }
    }
  }

  @Test("clipping by norm: which steps, how much, and the ninth decile as a suggestion")
  func byNorm() async throws {
    let limit = 0.3
    let id = try await run(clip: ["norm": .number(limit)])
    let answer = try await ServerScope.server.client.get("/v1/runs/\(id)/clipping")
    #expect(answer.status == 200, "\(answer.text)")
    let audit = answer.json
    let raw = try await norms(id, "raw")
    let steps = raw.first?.count ?? 0
    #expect(steps == 24)
    let whole = (0..<steps).map { step in
      raw.reduce(0) { $0 + $1[step] * $1[step] }.squareRoot()
    }
    #expect(audit["steps"]?.integer == steps)
    #expect(audit["clipped_steps"]?.integer == whole.count { $0 > limit })
    #expect((audit["clipped_steps"]?.integer ?? 0) > 0)
    #expect((audit["after"]?["max"]?.double ?? 9) <= limit * 1.0001)
    let mean = whole.reduce(0, +) / Double(steps)
    #expect(abs((audit["before"]?["mean"]?.double ?? 0) - mean) < 1e-5 * mean)
    let sorted = whole.sorted()
    let decile = sorted[20] + (sorted[21] - sorted[20]) * 0.7
    let suggested = try #require(audit["suggestion"]?["clip"]?["norm"]?.double)
    #expect(abs(suggested - decile) < 1e-5 * decile)
    let shares = (audit["parameters"]?.array ?? []).compactMap { $0["share_of_square"]?.double }
    #expect(abs(shares.reduce(0, +) - 1) < 1e-6)
  }

  @Test("without clipping nothing was clipped, and a limit is suggested all the same")
  func without() async throws {
    let id = try await run(clip: nil)
    let audit = try await ServerScope.server.client.get("/v1/runs/\(id)/clipping?to_step=10").json
    #expect(audit["clip"] == .null)
    #expect(audit["steps"] == 10)
    #expect(audit["clipped_steps"] == 0)
    #expect(audit["suggestion"]?["field"] == "/training/clip")
    let backwards = try await ServerScope.server.client.get(
      "/v1/runs/\(id)/clipping?from_step=5&to_step=2")
    #expect(backwards.status == 422)
  }

  @Test("a sample of a stream stays small and even")
  func evenSample() {
    var sample = EvenSample(capacity: 100)
    for value in 0..<10_000 { sample.add(Double(value)) }
    #expect(sample.quantile(0) == 0)
    #expect(abs((sample.quantile(0.5) ?? 0) - 5_000) < 200)
    #expect(EvenSample(capacity: 4).quantile(0.5) == nil)
  }
}
