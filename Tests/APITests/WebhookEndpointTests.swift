import Foundation
import JSON
import Store
import Testing

@testable import API

@Suite(.serialized, .server) struct WebhookEndpointTests {
  private var server: TestServer { ServerScope.server }

  @Test(
    "what happens to a run is noted for each webhook that wants it, once, with all that the event said"
  )
  func noted() async throws {
    let client = server.client
    let made = try await client.post(
      "/v1/webhooks",
      json: ["url": "https://hooks.example/a", "events": ["state", "end"], "name": "both"])
    #expect(made.status == 201, "\(made.text)")
    #expect(made.json["secret"]?.string?.hasPrefix("whsec_") == true)
    let id = try #require(made.json["id"]?.string)
    let other = try await client.post("/v1/webhooks", json: ["url": "https://hooks.example/b"])
    let dataset = try await server.upload(Samples.blobs(rows: 60), "format=csv")
    let run = try await client.post(
      "/v1/runs", json: Samples.run(dataset: dataset["id"]?.string ?? "", epochs: 1))
    let name = try #require(run.json["id"]?.string)
    _ = try await client.get("/v1/runs/\(name)?until=state%3Dsucceeded", ["Prefer": "wait=60"])
    let events = try await client.get(
      "/v1/runs/\(name)/events", ["Accept": "application/x-ndjson"])
    let told = events.text.split(separator: "\n").compactMap { try? JSON(parsing: Array($0.utf8)) }
      .filter { ["state", "end"].contains($0["type"]?.string ?? "") }
    let calls = try await client.get("/v1/webhooks/\(id)/deliveries").json["data"]?.array ?? []
    #expect(calls.count == told.count && told.count >= 4)
    for (call, event) in zip(calls.reversed(), told) {
      #expect(call["type"]?.string == "run.\(event["type"]?.string ?? "")")
      #expect(call["run"]?.string == name && call["state"] == "pending")
      #expect(call["payload"]?["data"]?["event"] == event["data"])
      #expect(call["payload"]?["data"]?["event_id"] == event["id"])
      #expect(call["payload"]?["type"] == call["type"])
    }
    let ends = try await client.get("/v1/webhooks/\(other.json["id"]?.string ?? "")/deliveries")
    #expect(ends.json["data"]?.array?.map { $0["type"]?.string } == ["run.end"])
    let test = try await client.post("/v1/webhooks/\(id):test")
    #expect(test.status == 202 && test.json["type"] == "test")
    let number = test.json["id"]?.string ?? ""
    let again = try await client.post("/v1/webhooks/\(id)/deliveries/\(number):repeat")
    #expect(again.status == 202 && again.json["message_id"] == test.json["message_id"])
    #expect(
      try await client.post("/v1/webhooks/\(id)/deliveries/999999:repeat").status == 404)
    #expect(try await client.delete("/v1/webhooks/\(id)").status == 204)
    #expect(try await client.get("/v1/webhooks/\(id)/deliveries").status == 404)
  }

  @Test("every fault of a webhook is told")
  func faults() async throws {
    let answer = try await server.client.post(
      "/v1/webhooks",
      json: ["url": "http://127.0.0.1/", "events": ["end", "sate"], "secret": "word", "x": 1])
    #expect(answer.status == 422)
    let pointers = answer.json["errors"]?.array?.compactMap { $0["pointer"]?.string } ?? []
    #expect(Set(pointers) == ["/url", "/events/1", "/secret", "/x"])
  }
}
