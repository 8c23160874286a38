import Foundation
import JSON
import Testing

@testable import API

/// What holds for every resource: pages, keys that make a request safe to repeat, validators.
@Suite(.serialized, .server) struct ConventionTests {
  private var server: TestServer { ServerScope.server }

  private func model(_ name: String) -> JSON { Samples.model.setting("name", .string(name)) }

  @Test("pages lead from the newest to the oldest, without a gap or a double")
  func pages() async throws {
    for index in 0..<5 {
      #expect(try await server.client.post("/v1/models", json: model("m\(index)")).status == 201)
    }
    var names: [String] = []
    var path = "/v1/models?limit=2"
    var pages = 0
    while true {
      let page = try await server.client.get(path)
      #expect(page.status == 200, "\(page.text)")
      names += page.json["data"]?.array?.compactMap { $0["name"]?.string } ?? []
      pages += 1
      guard let cursor = page.json["next_cursor"]?.string else {
        #expect(page.headers["link"] == nil)
        break
      }
      #expect(page.headers["link"] == "</v1/models?limit=2&cursor=\(cursor)>; rel=\"next\"")
      path = "/v1/models?limit=2&cursor=\(cursor)"
    }
    #expect(names == ["m4", "m3", "m2", "m1", "m0"])
    #expect(pages == 3)
    let wrong = try await server.client.get("/v1/models?cursor=nonsense")
    #expect(wrong.status == 422)
  }

  @Test("the same key and body give the first answer again, another body is refused")
  func idempotency() async throws {
    let headers = ["Idempotency-Key": "k-1"]
    let first = try await server.client.post("/v1/models", json: model("once"), headers)
    let again = try await server.client.post("/v1/models", json: model("once"), headers)
    #expect(first.status == 201)
    #expect(again.status == 201)
    #expect(again.body == first.body)
    #expect(again.headers["location"] == first.headers["location"])
    #expect(try await server.client.get("/v1/models").json["data"]?.array?.count == 1)
    let other = try await server.client.post("/v1/models", json: model("other"), headers)
    #expect(other.status == 422)
    #expect(other.json["type"] == "/problems/idempotency-key-reused")
  }

  @Test("a refused request doesn't use up its key")
  func idempotencyAfterFault() async throws {
    let headers = ["Idempotency-Key": "k-2"]
    let wrong = try await server.client.post("/v1/models", json: ["layers": []], headers)
    #expect(wrong.status == 422)
    let right = try await server.client.post("/v1/models", json: model("fixed"), headers)
    #expect(right.status == 201, "\(right.text)")
  }

  @Test("an upload with a key is stored once")
  func idempotentUpload() async throws {
    let headers = ["Idempotency-Key": "upload"]
    let body = Samples.blobs(rows: 30)
    let path = "/v1/datasets?format=csv"
    let first = try await server.client.send("POST", path, headers, body: body)
    let again = try await server.client.send("POST", path, headers, body: body)
    #expect(first.status == 201, "\(first.text)")
    #expect(again.json["id"] == first.json["id"])
  }

  @Test("the same bytes uploaded twice share one folder, which goes with the last of them")
  func sharedFiles() async throws {
    let body = Samples.blobs(rows: 30)
    let first = try await server.upload(body, "format=csv&name=a")
    let second = try await server.upload(body, "format=csv&name=b")
    let third = try await server.upload(body, "format=csv&scale=none")
    #expect(first["id"] != second["id"])
    #expect(first["sha256"] == second["sha256"])
    #expect(server.filesLeft().count == 2)
    for (dataset, left) in [(first, 2), (second, 1), (third, 0)] {
      let id = try #require(dataset["id"]?.string)
      #expect(try await server.client.delete("/v1/datasets/\(id)").status == 204)
      #expect(server.filesLeft().count == left)
    }
  }

  @Test("a dataset's content comes back as it was sent, in ranges too")
  func content() async throws {
    let body = Samples.blobs(rows: 30)
    let dataset = try await server.upload(body, "format=csv")
    let path = "/v1/datasets/\(dataset["id"]?.string ?? "")"
    let whole = try await server.client.get("\(path)/content")
    #expect(whole.body == body)
    let tail = try await server.client.get("\(path)/content", ["Range": "bytes=-5"])
    #expect(tail.status == 206)
    #expect(tail.body == Array(body.suffix(5)))
    let head = try await server.client.send("HEAD", "\(path)/content")
    #expect(head.status == 200)
    #expect(head.headers["content-length"] == "\(body.count)")
    let tag = whole.headers["etag"] ?? ""
    #expect(try await server.client.get("\(path)/content", ["If-None-Match": tag]).status == 304)
    let preview = try await server.client.get("\(path)/preview?rows=3")
    #expect(preview.json["rows"]?.array?.count == 3)
    #expect(preview.json["columns"] == ["x", "y", "label"])
    let statistics = try await server.client.get("\(path)/statistics")
    #expect(statistics.json["target"]?["classes"]?[0]?["count"] == 15)
  }

  @Test("the request's identifier is echoed, or made")
  func requestIdentifier() async throws {
    let own = try await server.client.get("/healthz", ["X-Request-Id": "abc-123"])
    #expect(own.headers["x-request-id"] == "abc-123")
    let made = try await server.client.get("/healthz")
    #expect(made.headers["x-request-id"]?.isEmpty == false)
  }

  @Test("the server tells of itself")
  func service() async throws {
    #expect(try await server.client.get("/healthz").json["status"] == "alive")
    #expect(try await server.client.get("/readyz").json["status"] == "ready")
    #expect(try await server.client.get("/openapi.yaml").text == OpenAPIDocument.yaml)
    #expect(try await server.client.get("/openapi.json").json == OpenAPIDocument.json)
    let page = try await server.client.get("/")
    #expect(page.headers["content-type"]?.hasPrefix("text/html") == true)
    #expect(page.headers["content-security-policy"]?.contains("default-src 'none'") == true)
    #expect(!page.text.contains("<script>") && !page.text.contains("style="))
    let metrics = try await server.client.get("/metrics")
    #expect(metrics.text.contains("# TYPE chainrule_runs gauge"))
    #expect(metrics.text.contains("chainrule_runs_being_removed 0"))
    #expect(metrics.text.contains("chainrule_retention_runs_total{rule=\"age\"} 0"))
    let catalog = try await server.client.get("/v1/catalog")
    #expect(catalog.json["layers"]?[0]?["type"]?.string != nil)
    let validation = try await server.client.post(
      "/v1/models:validate?batch_size=64", json: Samples.model)
    #expect(validation.json["parameter_count"] == 42)
    #expect(validation.json["layers"]?[0]?["output_shape"] == [8])
    #expect((validation.json["training_memory"]?["peak_bytes"]?.integer ?? 0) > 42 * 16)
  }
}
