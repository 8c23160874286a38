import JSON
import Testing

@testable import API

@Suite(.serialized, .server) struct WaitingTests {
  @Test("conditions are read term by term")
  func parsing() throws {
    let condition = try WaitCondition(
      "step>=100 and train_loss<0.5 and gradient_norm(a.weight)<1e-6")
    #expect(
      condition.terms == [
        .series("step", .atLeast, 100), .series("train_loss", .below, 0.5),
        .norm("a.weight", .below, 1e-6),
      ])
    #expect(try WaitCondition("over").terms == [.over])
    #expect(try WaitCondition("state=failed").terms == [.state("failed")])
  }

  @Test(
    "what is no condition is told with its place",
    arguments: [
      ("", "at 1"), ("train_loss", "at 1"), ("over and loss<x", "at 10"),
      ("state>running", "compared by ="),
      ("state=done", "succeeded"), ("a b<1", "no series"),
      (Array(repeating: "over", count: 9).joined(separator: " and "), "at most 8"),
    ])
  func faults(text: String, words: String) {
    #expect { try WaitCondition(text) } throws: { "\($0)".contains(words) }
  }

  private func submit() async throws -> String {
    let server = ServerScope.server
    let dataset = try await server.upload(
      Samples.blobs(rows: 120), "format=csv&target=label&name=b")
    let submitted = try await server.client.post(
      "/v1/runs", json: Samples.run(dataset: dataset["id"]?.string ?? "", epochs: 200))
    return try #require(submitted.json["id"]?.string)
  }

  @Test(
    "a condition that comes true is answered then, one that can't any more when the run is over")
  func waits() async throws {
    let client = ServerScope.server.client
    let id = try await submit()
    let loss = try await client.get("/v1/runs/\(id)?until=train_loss%3C0.5", ["Prefer": "wait=60"])
    #expect(loss.status == 200)
    #expect(loss.headers["preference-applied"] == "wait=60")
    #expect(loss.json["until"]?["met"] == true)
    #expect(loss.json["until"]?["value"]?.double ?? 9 < 0.5)
    let never = try await client.get("/v1/runs/\(id)?until=train_loss%3C0", ["Prefer": "wait=60"])
    #expect(never.json["until"]?["met"] == false)
    #expect(never.json["state"] == "succeeded")
    let norm = try await client.get(
      "/v1/runs/\(id)?until=gradient_norm(hidden.weight)%3E0%20and%20over")
    #expect(norm.json["until"]?["met"] == true)
    #expect(norm.json["until"]?["value"]?.double ?? 0 > 0)
    #expect(norm.headers["preference-applied"] == nil)
  }

  @Test("without time it answers at once; a parameter that isn't there is told")
  func atOnce() async throws {
    let client = ServerScope.server.client
    let id = try await submit()
    let now = try await client.get("/v1/runs/\(id)?until=step%3E1000000")
    #expect(now.json["until"]?["met"] == false)
    _ = try await client.get("/v1/runs/\(id)?until=over", ["Prefer": "wait=60"])
    let unknown = try await client.get("/v1/runs/\(id)?until=gradient_norm(hiden.weight)%3E0")
    #expect(unknown.status == 422)
    #expect(unknown.text.contains("hidden.weight"))
    let malformed = try await client.get("/v1/runs/\(id)?until=over", ["Prefer": "wait=soon"])
    #expect(malformed.status == 400)
  }
}
