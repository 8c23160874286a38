import JSON
import Testing

@testable import API

/// Histograms of a run over HTTP: which, added up over what, in which form.
@Suite(.serialized, .server) struct HistogramQueryTests {
  private func run() async throws -> String {
    let server = ServerScope.server
    let dataset = try await server.upload(Samples.blobs(rows: 120), "format=csv&target=label&name=b")
    let submitted = try await server.client.post(
      "/v1/runs", json: Samples.run(dataset: dataset["id"]?.string ?? ""))
    let id = try #require(submitted.json["id"]?.string)
    _ = try await server.client.get("/v1/runs/\(id)/events", ["Accept": "application/x-ndjson"])
    return id
  }

  private func get(_ path: String, accept: String? = nil) async throws -> TestClient.Answer {
    try await ServerScope.server.client.get(path, accept.map { ["Accept": $0] } ?? [:])
  }

  private func histograms(_ id: String, _ query: String) async throws -> [JSON] {
    let answer = try await get("/v1/runs/\(id)/histograms?\(query)")
    #expect(answer.status == 200, "\(answer.text)")
    return answer.json["histograms"]?.array ?? []
  }

  @Test("sums over steps and layers hold every element once")
  func merging() async throws {
    let id = try await run()
    // Steps 1, 8, 16 and 24, of four parameters.
    let each = try await histograms(id, "quantity=gradient&from_step=1")
    #expect(each.count == 16)
    func total(_ histograms: [JSON]) -> Int { histograms.reduce(0) { $0 + ($1["count"]?.integer ?? 0) } }
    for (merge, count) in [("steps", 4), ("layers", 4), ("all", 1)] {
      let merged = try await histograms(id, "quantity=gradient&from_step=1&merge=\(merge)")
      #expect(merged.count == count, "\(merge)")
      #expect(total(merged) == total(each))
      let least = merged.compactMap { $0["min"]?.double }.min()
      #expect(least == each.compactMap { $0["min"]?.double }.min())
    }
    let all = try #require(try await histograms(id, "merge=all").first)
    #expect(all["from_step"] == 1)
    #expect(all["to_step"] == 24)
    #expect(all["layer"] == .null)
    #expect(all["exact"] == true)
    let sum = each.reduce(0) { $0 + ($1["mean"]?.double ?? 0) * ($1["count"]?.double ?? 0) }
    let mean = (all["mean"]?.double ?? 9) * (all["count"]?.double ?? 0)
    #expect(abs(sum - mean) < 1e-9)
    let one = try await histograms(id, "layer=hidden.weight,dense_1&merge=steps")
    #expect(one.compactMap { $0["parameter"]?.string }.sorted() == ["dense_1.bias", "dense_1.weight", "hidden.weight"])
  }

  @Test("equal bins are estimates that say so, and as many as asked for")
  func linear() async throws {
    let id = try await run()
    let found = try #require(
      try await histograms(id, "quantity=weight&layer=hidden.weight&scale=linear&bins=5").first)
    #expect(found["exact"] == false)
    #expect(found["edges"]?.array?.count == 6)
    #expect(found["counts"]?.array?.compactMap(\.integer).reduce(0, +) == 16)
    let log = try #require(
      try await histograms(id, "quantity=weight&layer=hidden.weight&bins=3").first)
    #expect((log["counts"]?.array?.count ?? 9) <= 3)
  }

  @Test("as csv, and as an array that NumPy reads")
  func forms() async throws {
    let id = try await run()
    let csv = try await get("/v1/runs/\(id)/histograms?step=8", accept: "text/csv")
    #expect(csv.text.hasPrefix("layer,parameter,from_step,to_step,low,high,count\r\n"))
    let npy = try await get(
      "/v1/runs/\(id)/histograms?step=8&layer=hidden.weight", accept: "application/x-npy")
    #expect(npy.body.starts(with: [0x93] + Array("NUMPY".utf8)))
    let json = try #require(try await histograms(id, "step=8&layer=hidden.weight").first)
    let rows = json["counts"]?.array?.count ?? 0
    #expect(String(decoding: npy.body.prefix(128), as: UTF8.self).contains("(\(rows), 6)"))
    #expect((npy.body.count - 128) % 48 == 0)
    // Whoever takes anything gets JSON.
    #expect(try await get("/v1/runs/\(id)/histograms", accept: "*/*").json["histograms"] != nil)
  }

  @Test(
    "what isn't there or makes no sense is told with what would",
    arguments: [
      ("bins=0", "1"), ("bins=1000000", "1024"), ("from_step=9&to_step=3", "before from_step"),
      ("step=9", "8 and 16"), ("layer=hiden", "hidden"), ("quantity=gradients", "gradient"),
      ("merge=layer", "layers"), ("step=8&from_step=1", "excludes"), ("scale=cubic", "linear"),
    ])
  func faults(query: String, remedy: String) async throws {
    let id = try await run()
    let answer = try await get("/v1/runs/\(id)/histograms?\(query)")
    #expect(answer.status == 422, "\(answer.text)")
    #expect(answer.text.contains(remedy), "\(answer.text)")
  }
}
