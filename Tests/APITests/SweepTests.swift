import JSON
import Testing

@testable import API

@Suite(.serialized, .server) struct SweepTests {
  private var server: TestServer { ServerScope.server }

  private func sweep(_ dataset: String, _ parameters: JSON, _ more: [(String, JSON)] = []) -> JSON {
    .object(
      JSONObject(
        [("run", Samples.run(dataset: dataset, epochs: 2)), ("parameters", parameters)] + more))
  }

  private func dataset() async throws -> String {
    try #require(try await server.upload(Samples.blobs(rows: 60), "format=csv")["id"]?.string)
  }

  private func finished(_ path: String) async throws -> JSON {
    var sweep: JSON = .null
    for _ in 0..<600 where sweep["state"] != "finished" {
      sweep = try await server.client.get(path).json
      if sweep["state"] != "finished" { try await Task.sleep(for: .milliseconds(50)) }
    }
    return sweep
  }

  @Test("every run of a grid trains as it would alone, and the best is the best of their values")
  func grid() async throws {
    let client = server.client
    let dataset = try await dataset()
    let rate = "/training/optimizer/learning_rate"
    let body = sweep(
      dataset,
      [
        "/training/optimizer/learning_rate": ["values": [0.1, 0.001]],
        "/model/layers/0/units": ["values": [4, 16]],
      ], [("name", "both")])
    let made = try await client.post("/v1/sweeps", json: body, ["Idempotency-Key": "sweep"])
    #expect(made.status == 202, "\(made.text)")
    let path = try #require(made.headers["location"])
    #expect(made.json["goal"] == ["metric": "train_loss", "direction": "minimize"])
    let again = try await client.post("/v1/sweeps", json: body, ["Idempotency-Key": "sweep"])
    #expect(again.json["id"] == made.json["id"])
    let sweep = try await finished(path)
    #expect(sweep["run_counts"]?["succeeded"] == 4 && sweep["finished_at"] != .null, "\(sweep)")
    let runs = try await client.get("\(path)/runs?limit=3")
    let rest =
      try await client.get(
        "\(path)/runs?cursor=\(runs.json["next_cursor"]?.string ?? "")"
      ).json["data"]?.array ?? []
    let all = (runs.json["data"]?.array ?? []) + rest
    #expect(all.map { $0["position"] } == [0, 1, 2, 3])
    var values: [Double] = []
    for one in all {
      let run = try await client.get("/v1/runs/\(one["run"]?.string ?? "")").json
      #expect(run["tags"]?["sweep"] == sweep["id"])
      #expect(run["training"]?["optimizer"]?["learning_rate"] == one["parameters"]?[rate])
      let value = try #require(one["value"]?.double)
      #expect(run["metrics"]?["train_loss"]?.double == value)
      values.append(value)
      // The same request alone gives the same.
      var alone = Samples.run(dataset: dataset, epochs: 2)
      for (pointer, chosen) in one["parameters"]?.object?.members ?? [] {
        alone = try #require(alone.changed(pointer, chosen))
      }
      let queued = try await client.post("/v1/runs", json: alone)
      let same = try await client.get(
        "/v1/runs/\(queued.json["id"]?.string ?? "")?until=state%3Dsucceeded",
        ["Prefer": "wait=60"])
      #expect(same.json["metrics"]?["train_loss"]?.double == value)
    }
    #expect(sweep["best"]?["value"]?.double == values.min())
    #expect(Set(values).count == 4)
    #expect(try await client.delete(path).status == 204)
    #expect(try await client.get(path).status == 404)
    #expect(try await client.get("/v1/runs/\(all[0]["run"]?.string ?? "")").status == 200)
  }

  @Test("a sweep of which one run can't be is refused whole, with the run's own fault")
  func refused() async throws {
    let client = server.client
    let dataset = try await dataset()
    let before = try await client.get("/v1/runs").json["data"]?.array?.first?["id"]
    let wrong = try await client.post(
      "/v1/sweeps", json: sweep(dataset, ["/training/batch_size": ["values": [8, 0]]]))
    #expect(wrong.status == 422, "\(wrong.text)")
    let fault = wrong.json["errors"]?[0]
    #expect(fault?["pointer"] == "/run/training/batch_size")
    #expect(fault?["detail"]?.string?.contains("\"/training/batch_size\":0") == true)
    let unknown = try await client.post(
      "/v1/sweeps",
      json: sweep(
        dataset, ["/training/batch_size": ["values": [8]]],
        [("goal", ["metric": "train_accuracies"])]))
    #expect(unknown.json["errors"]?[0]?["pointer"] == "/goal/metric", "\(unknown.text)")
    #expect(unknown.text.contains("train_accuracy"))
    #expect(try await client.get("/v1/runs").json["data"]?.array?.first?["id"] == before)
  }

  @Test("cancelling ends all runs that aren't over, and lets the sweep be deleted")
  func cancelled() async throws {
    let client = server.client
    let dataset = try await dataset()
    let made = try await client.post(
      "/v1/sweeps",
      json: sweep(
        dataset,
        [
          "/training/epochs": ["values": [100_000]],
          "/training/optimizer/learning_rate": ["min": 0.001, "max": 0.1, "scale": "log"],
        ],
        [
          ("runs", 3), ("goal", ["metric": "train_accuracy"]),
        ]))
    #expect(made.status == 202, "\(made.text)")
    #expect(made.json["goal"]?["direction"] == "maximize")
    let path = try #require(made.headers["location"])
    #expect(try await client.delete(path).status == 409)
    #expect(try await client.post("\(path):cancel").status == 200)
    let sweep = try await finished(path)
    #expect(sweep["run_counts"]?["cancelled"] == 3 && sweep["best"] == .null)
    #expect(try await client.delete(path).status == 204)
  }
}

extension JSON {
  /// The same with another value at a JSON pointer of names and indices.
  fileprivate func changed(_ pointer: String, _ value: JSON) -> JSON? {
    var tokens = pointer.split(separator: "/").map(String.init)[...]
    guard let first = tokens.popFirst() else { return value }
    let rest = tokens.isEmpty ? "" : "/" + tokens.joined(separator: "/")
    if case .object(var object) = self {
      object[first] = (object[first] ?? [:]).changed(rest, value)
      return .object(object)
    }
    guard case .array(var array) = self, let index = Int(first) else { return nil }
    array[index] = array[index].changed(rest, value) ?? .null
    return .array(array)
  }
}
