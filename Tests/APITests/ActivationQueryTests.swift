import JSON
import Testing

@testable import API

/// Activation statistics and scalar series over HTTP, thinned and in their forms.
@Suite(.serialized, .server) struct ActivationQueryTests {
  private static var client: TestClient { ServerScope.server.client }

  /// 24 steps, every one of them observed.
  private func run() async throws -> String {
    let server = ServerScope.server
    let dataset = try await server.upload(
      Samples.blobs(rows: 120), "format=csv&target=label&name=b")
    var request = Samples.run(dataset: dataset["id"]?.string ?? "")
    if case .object(var members) = request {
      members["observe"] = ["activations_every": 1, "histograms_every": 0]
      request = .object(members)
    }
    let submitted = try await server.client.post("/v1/runs", json: request)
    let id = try #require(submitted.json["id"]?.string, "\(submitted.text)")
    _ = try await server.client.get("/v1/runs/\(id)/events", ["Accept": "application/x-ndjson"])
    return id
  }

  private func rows(_ id: String, _ query: String) async throws -> [JSON] {
    let answer = try await Self.client.get("/v1/runs/\(id)/activations?\(query)")
    #expect(answer.status == 200, "\(answer.text)")
    return answer.json["activations"]?.array ?? []
  }

  /// The rows of NumPy's array of float64.
  private func numbers(_ npy: TestClient.Answer, columns: Int) throws -> [[Double]] {
    #expect(npy.body.starts(with: [0x93] + Array("NUMPY".utf8)))
    let header = 10 + Int(npy.body[8]) + Int(npy.body[9]) << 8
    let values = npy.body[header...].withUnsafeBytes { bytes in
      (0..<bytes.count / 8).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self) }
    }
    let text = String(decoding: npy.body.prefix(header), as: UTF8.self)
    #expect(text.contains("'<f8'") && text.contains("(\(values.count / columns), \(columns))"))
    return stride(from: 0, to: values.count, by: columns).map { Array(values[$0..<$0 + columns]) }
  }

  @Test("every layer's every step, and fewer that hold the extremes when fewer are asked for")
  func thinning() async throws {
    let id = try await run()
    let all = try await rows(id, "")
    let layers = Set(all.compactMap { $0["layer"]?.string })
    #expect(layers.count >= 2 && all.count == 24 * layers.count)
    let few = try await rows(id, "max_points=4")
    #expect(few.count == 4 * layers.count)
    for layer in layers {
      func spreads(_ rows: [JSON]) -> [Double] {
        rows.filter { $0["layer"]?.string == layer }.compactMap { $0["standard_deviation"]?.double }
      }
      #expect(spreads(few).min() == spreads(all).min())
      #expect(spreads(few).max() == spreads(all).max())
    }
    #expect(
      try await rows(id, "layer=hidden&from_step=3&to_step=5").compactMap { $0["step"] } == [
        3, 4, 5,
      ])
  }

  @Test("as lines and as an array, the numbers of the JSON answer")
  func forms() async throws {
    let id = try await run()
    let all = try await rows(id, "")
    let path = "/v1/runs/\(id)/activations"
    let csv = try await Self.client.get(path, ["Accept": "text/csv"]).text
    let lines = csv.split(separator: "\r\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(
      csv.hasPrefix(
        "layer,step,mean,standard_deviation,min,max,saturated_fraction,dead_fraction,effective_rank,nonfinite,"
          + "gradient_l2,gradient_max_abs,gradient_mean,gradient_nonfinite\r\n"))
    #expect(lines.count == all.count + 1)
    let npy = try await Self.client.get(path, ["Accept": "application/x-npy"])
    let array = try numbers(npy, columns: 14)
    #expect(array.count == all.count)
    for (row, (json, line)) in zip(array, zip(all, lines.dropFirst())) {
      #expect(json["step"]?.double == row[1] && json["mean"]?.double == row[2])
      #expect(json["gradient"]?["l2"]?.double == row[10])
      #expect(Double(line[2]) == row[2] && Double(line[10]) == row[10])
    }
  }

  @Test("scalar series as an array")
  func series() async throws {
    let id = try await run()
    let path = "/v1/runs/\(id)/metrics?names=train_loss,learning_rate"
    let json = try await Self.client.get(path).json["series"]?.array ?? []
    let array = try numbers(
      try await Self.client.get(path, ["Accept": "application/x-npy"]), columns: 4)
    let expected = json.enumerated().flatMap { index, series in
      (series["points"]?.array ?? []).map {
        [Double(index)] + ($0.array ?? []).compactMap(\.double)
      }
    }
    #expect(array == expected && array.count == 48)
  }

  @Test(
    "what isn't there or makes no sense is told with what would",
    arguments: [
      ("layer=hiden", "hidden"), ("from_step=9&to_step=3", "before from_step"),
      ("max_points=0", "1"),
      ("max_points=1000000", "10000"),
    ])
  func faults(query: String, remedy: String) async throws {
    let id = try await run()
    let answer = try await Self.client.get("/v1/runs/\(id)/activations?\(query)")
    #expect(answer.status == 422, "\(answer.text)")
    #expect(answer.text.contains(remedy), "\(answer.text)")
  }
}
