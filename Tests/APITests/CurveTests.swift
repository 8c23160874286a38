import Foundation
import JSON
import Testing

@testable import API

/// Metrics, curves and confusion matrices over HTTP.
@Suite(.serialized, .server) struct CurveTests {
  private static let metrics: JSON = [
    "accuracy", "f1", "roc_auc", "pr_auc", "log_loss", ["type": "ece", "bins": 5],
  ]

  private struct Ended {
    let id: String
    let run: JSON
    let validation: String
  }

  /// Trains on points of two clouds that overlap a little; other points validate.
  private func train(
    _ metrics: JSON = metrics, _ training: JSONObject = JSONObject()
  ) async throws -> Ended {
    let server = ServerScope.server
    let points = try #require(String(bytes: Samples.blobs(rows: 200), encoding: .utf8))
      .split(separator: "\n")
    // The tenth of the rows whose label is the other one makes curves that aren't corners.
    let rows = points.dropFirst().enumerated().map { index, row in
      guard index % 10 == 3 else { return String(row) }
      return row.hasSuffix("left")
        ? row.dropLast(4) + "right" : String(row.dropLast(5) + "left")
    }
    func upload(_ rows: ArraySlice<String>, _ name: String) async throws -> String {
      let text = ([String(points[0])] + rows).joined(separator: "\n") + "\n"
      let answer = try await server.upload(
        Array(text.utf8), "format=csv&target=label&name=\(name)")
      return try #require(answer["id"]?.string)
    }
    let (own, held) = (
      try await upload(rows[..<120], "own"), try await upload(rows[120...], "held")
    )
    var object = JSONObject([
      ("epochs", 4), ("batch_size", 15), ("seed", 7), ("loss", "cross_entropy"),
      ("optimizer", ["type": "adam", "learning_rate": 0.02]), ("metrics", metrics),
    ])
    for (name, value) in training.members { object[name] = value }
    let body: JSON = [
      "model": Samples.model,
      "dataset": ["train": .string(own), "validation": .string(held), "test": .string(held)],
      "training": .object(object),
    ]
    let submitted = try await server.client.post("/v1/runs", json: body)
    let id = try #require(submitted.json["id"]?.string, "\(submitted.text)")
    var run = submitted.json
    while run["finished_at"] == .null {
      try await Task.sleep(for: .milliseconds(5))
      run = try await server.client.get("/v1/runs/\(id)").json
    }
    #expect(run["state"] == "succeeded", "\(run)")
    return Ended(id: id, run: run, validation: held)
  }

  /// The probability of the second class of each example held out, from what predictions answer, and its class.
  private func predicted(_ ended: Ended) async throws -> [(score: Double, isRight: Bool)] {
    let client = ServerScope.server.client
    let content = try await client.get("/v1/datasets/\(ended.validation)/content").text
    let rows = content.split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
    let answer = try await client.post(
      "/v1/runs/\(ended.id)/predictions",
      json: [
        "inputs": .array(
          rows.map { [.number(Double($0[0]) ?? 0), .number(Double($0[1]) ?? 0)] })
      ])
    let names = (answer.json["classes"]?.array ?? []).compactMap(\.string)
    #expect(names.count == 2)
    let outputs = try #require(answer.json["outputs"]?.array)
    return zip(outputs, rows).map { ($0[1]?.double ?? .nan, String($1[2]) == names[1]) }
  }

  @Test("validation figures are those that predictions lead to")
  func figures() async throws {
    let ended = try await train()
    let examples = try await predicted(ended)
    let metrics = try #require(ended.run["metrics"])
    // By their definitions, pair by pair.
    let (yes, no) = (examples.filter(\.isRight), examples.filter { !$0.isRight })
    var pairs = 0.0
    for one in yes {
      for other in no {
        pairs += one.score > other.score ? 1 : one.score == other.score ? 0.5 : 0
      }
    }
    let area = pairs / Double(yes.count * no.count)
    let answered = examples.filter { $0.score > 0.5 }
    let right = Double(answered.count { $0.isRight })
    let f1 = 2 * right / Double(answered.count + yes.count)
    let loss =
      examples.reduce(0.0) { $0 - log($1.isRight ? $1.score : 1 - $1.score) }
      / Double(examples.count)
    for part in ["validation", "test"] {
      let found = ["roc_auc", "f1", "log_loss"].map { metrics["\(part)_\($0)"]?.double ?? .nan }
      #expect(abs(found[0] - area) < 1e-9, "\(found[0]), \(area)")
      #expect(abs(found[1] - f1) < 1e-9, "\(found[1]), \(f1)")
      #expect(abs(found[2] - loss) < 1e-6, "\(found[2]), \(loss)")
    }
    #expect(area < 1)
    let series = try await ServerScope.server.client.get(
      "/v1/runs/\(ended.id)/metrics?names=train_roc_auc,validation_expected_calibration_error_5,train_f1,test_pr_auc"
    ).json
    #expect(series["series"]?.array?.map { $0["points"]?.array?.count } == [4, 4, 4, 1])
    let events = try await ServerScope.server.client.get(
      "/v1/runs/\(ended.id)/events", ["Accept": "application/x-ndjson"]
    ).text.split(separator: "\n").map { try JSON(parsing: String($0)) }
    let validation = try #require(events.last { $0["data"]?["part"] == "validation" }?["data"])
    #expect(validation["validation_roc_auc"] == metrics["validation_roc_auc"])
    let epoch = try #require(events.last { $0["type"] == "epoch" }?["data"])
    #expect(epoch["train_log_loss"] == metrics["train_log_loss"])

    let curve = try await ServerScope.server.client.get("/v1/runs/\(ended.id)/curves").json
    #expect(curve["curves"]?[0]?["area"]?.double == metrics["validation_roc_auc"]?.double)
    let points = try #require(curve["curves"]?[0]?["points"]?.array)
    #expect(points.first == [.null, 0.0, 0.0])
    // Predictions are made in batches of another size, which may move a last bit.
    for point in points.dropFirst() {
      let threshold = try #require(point[0]?.double)
      let above = examples.filter { $0.score > threshold - 1e-6 }
      #expect(point[2]?.double == Double(above.count { $0.isRight }) / Double(yes.count))
      #expect(point[1]?.double == Double(above.count { !$0.isRight }) / Double(no.count))
    }
  }

  @Test("curves and the matrix say of which evaluation they are, as JSON, CSV and NumPy")
  func resources() async throws {
    let client = ServerScope.server.client
    let ended = try await train(
      Self.metrics,
      JSONObject([
        ("early_stopping", ["monitor": "validation_roc_auc", "patience": 9, "restore_best": true])
      ]))
    let path = "/v1/runs/\(ended.id)"
    let best = try await client.get("\(path)/curves?curve=pr&evaluation=best").json
    let evaluation = try #require(best["evaluation"])
    #expect(evaluation["step"] == ended.run["best"]?["step"])
    #expect(evaluation["is_best"] == true && evaluation["weights"]?["checkpoint"] == "best")
    #expect(evaluation["metrics"]?["roc_auc"] == ended.run["best"]?["validation_roc_auc"])
    #expect(best["columns"] == ["threshold", "recall", "precision"] && best["exact"] == true)
    #expect(best["curves"]?.array?.map { $0["class"] } == ["right"])
    let newest = try await client.get("\(path)/curves?curve=pr&class=left").json
    #expect(newest["evaluation"]?["step"] == ended.run["progress"]?["step"])
    #expect(newest["curves"]?[0]?["index"] == 0)
    let test = try await client.get("\(path)/confusion?part=test").json
    #expect(test["evaluation"]?["weights"]?["step"] == ended.run["best"]?["step"])
    let counts = try #require(test["matrix"]?.array).flatMap { $0.array ?? [] }.compactMap(
      \.integer)
    #expect(counts.count == 4 && counts.reduce(0, +) == 80)
    let accuracy = try #require(ended.run["metrics"]?["test_accuracy"]?.double)
    #expect(Double(counts[0] + counts[3]) / 80 == accuracy)
    let table = try await client.get("\(path)/confusion?part=test", ["Accept": "text/csv"]).text
    #expect(table.hasPrefix("class,left,right\r\n") || table.hasPrefix("class,left,right\n"))
    #expect(table.contains("left,\(counts[0]),\(counts[1])"))
    let bins = try await client.get("\(path)/curves?curve=calibration").json
    #expect(bins["curves"]?.array?.map { $0["class"] } == [.null, "right"])
    let likeliest = try #require(bins["curves"]?[0]?["points"]?.array)
    #expect(likeliest.count == 5 && likeliest.compactMap { $0[2]?.integer }.reduce(0, +) == 80)
    let few = try await client.get("\(path)/curves?max_points=4", ["Accept": "text/csv"]).text
    #expect(few.split(whereSeparator: \.isNewline).count <= 5)
    #expect(few.hasPrefix("class,threshold,fpr,tpr"))
    let array = try await client.get("\(path)/curves", ["Accept": "application/x-npy"])
    #expect(array.status == 200)
    #expect(array.body[1..<6].elementsEqual(Array("NUMPY".utf8)))

    // They go along in an archive.
    let archive = try await client.get("\(path)/archive")
    let other = try await TestServer()
    let made = try await other.client.send("POST", "/v1/runs:import", body: archive.body)
    #expect(made.status == 201, "\(made.text)")
    for part in ["curves", "curves?evaluation=best&curve=calibration", "confusion?part=test"] {
      let there = try await other.client.get("\(path)/\(part)")
      #expect(there.body == (try await client.get("\(path)/\(part)")).body, "\(part)")
    }
    await other.stop()
    #expect(try await client.send("DELETE", path).status == 204)
    #expect(try await client.get("\(path)/confusion").status == 404)
  }

  @Test("what there isn't is said, with what would be right")
  func faults() async throws {
    let client = ServerScope.server.client
    let ended = try await train(["accuracy"])
    let path = "/v1/runs/\(ended.id)"
    let unmeasured = try await client.get("\(path)/curves")
    #expect(unmeasured.status == 404 && unmeasured.text.contains("roc_auc or roc_curve"))
    #expect(try await client.get("\(path)/confusion").status == 200)
    for (query, word) in [
      ("confusion?part=train", "validation, test"), ("confusion?term=kind", "no terms"),
      ("curves?curve=rok", "did you mean"), ("curves?max_points=2", "from 3"),
      ("confusion?evaluation=last", "newest, best"),
      ("curves?classes=1", "unknown query parameter"),
    ] {
      let answer = try await client.get("\(path)/\(query)")
      #expect(answer.status == 422 && answer.text.contains(word), "\(query): \(answer.text)")
    }
    let none = try await train([])
    let missing = try await client.get("/v1/runs/\(none.id)/confusion")
    #expect(missing.status == 404 && missing.text.contains("confusion_matrix"), "\(missing.text)")
    #expect(try await client.get("\(path)/confusion", ["Accept": "image/png"]).status == 406)

    let bad = try await client.post(
      "/v1/runs",
      json: [
        "model": Samples.model, "dataset": .string(ended.validation),
        "training": [
          "epochs": 1, "loss": "cross_entropy", "metrics": ["accuracy", "f1", "mse"],
        ],
      ])
    #expect(bad.status == 422)
    #expect(bad.json["errors"]?.array?.map { $0["pointer"] } == ["/training/metrics/2"])
    #expect(bad.text.contains("mse needs numbers"))
  }

  @Test("an evaluation of any dataset has the metrics and curves that it asks for")
  func evaluation() async throws {
    let client = ServerScope.server.client
    let ended = try await train(["f1_macro"])
    let path = "/v1/runs/\(ended.id)/evaluations"
    let usual = try await client.post(path, json: ["dataset": .string(ended.validation)]).json
    #expect(usual["f1_macro"] == ended.run["metrics"]?["test_f1_macro"])
    #expect(usual["accuracy"] != nil && usual["confusion"] == nil && usual["curves"] == nil)
    let asked = try await client.post(
      path,
      json: [
        "dataset": .string(ended.validation), "max_points": 5,
        "metrics": ["roc_auc", "roc_curve", "calibration_curve", "confusion_matrix"],
      ])
    #expect(asked.status == 200, "\(asked.text)")
    #expect(asked.json["accuracy"] == nil && asked.json["curves"]?["pr"] == nil)
    let curve = try #require(asked.json["curves"]?["roc"]?["curves"]?[0])
    #expect(curve["area"] == asked.json["roc_auc"] && curve["points"]?.array?.count ?? 9 <= 5)
    #expect(asked.json["confusion"]?["classes"] == ["left", "right"])
    let bad = try await client.post(
      path,
      json: ["dataset": .string(ended.validation), "metrics": ["r2", "f1"], "max_points": 5])
    #expect(
      bad.status == 422 && bad.text.contains("/metrics/0") && !bad.text.contains("/metrics/1"))
    let unknown = try await client.post(
      path, json: ["dataset": .string(ended.validation), "metrics": ["f3"], "max_points": 1])
    #expect(unknown.json["errors"]?.array?.count == 2, "\(unknown.text)")
  }
}
