import Foundation
import JSON
import Store
import Testing
import Training

@testable import API

/// Weights that a client brings, over a socket.
@Suite(.serialized, .server) struct TransferTests {
  private var server: TestServer { ServerScope.server }

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures")

  /// A file that Fixtures/make_transfer.py made.
  private static func fixture(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appending(path: name)))
  }

  /// The network of the fixture, by the layers' names here.
  private static func model(units: Int = 3) -> JSON {
    [
      "input": ["shape": [2]],
      "layers": [
        ["type": "dense", "units": 8, "name": "hidden"],
        ["type": "batch_norm", "name": "norm"],
        ["type": "activation", "activation": "relu"],
        ["type": "dense", "units": .integer(units), "name": "head"],
      ],
    ]
  }

  private static let rename: JSON = ["0.": "hidden.", "1.": "norm.", "3.": "head."]

  private func upload(_ bytes: [UInt8], _ query: String = "") async throws -> TestClient.Answer {
    try await server.client.send("POST", "/v1/weights\(query)", body: bytes)
  }

  private func dataset() async throws -> String {
    let made = try await server.upload(Samples.blobs(rows: 120), "name=blobs&format=csv")
    return try #require(made["id"]?.string)
  }

  private func finished(_ id: String) async throws -> JSON {
    let answer = try await server.client.get(
      "/v1/runs/\(id)?until=state%3Dsucceeded", ["Prefer": "wait=60"])
    #expect(answer.json["state"] == "succeeded", "\(answer.text)")
    return answer.json
  }

  private func floats(_ json: JSON?) -> [Float] {
    (json?.array ?? []).compactMap(\.double).map { Float($0) }
  }

  @Test("what is uploaded is described, listed, sent back as it came, and deleted")
  func resource() async throws {
    let client = server.client
    let bytes = try Self.fixture("transfer.safetensors")
    let made = try await upload(bytes, "?name=body")
    #expect(made.status == 201, "\(made.text)")
    #expect(made.json["name"] == "body" && made.json["format"] == "safetensors")
    #expect(made.json["tensor_count"] == 9 && made.json["size_bytes"] == .integer(bytes.count))
    let id = try #require(made.json["id"]?.string)
    #expect(made.headers["location"] == "/v1/weights/\(id)")
    let first = made.json["tensors"]?.array?.first { $0["name"] == "module.0.weight" }
    #expect(first?["dtype"] == "BF16" && first?["shape"] == [8, 2])
    #expect(try await client.get("/v1/weights/\(id)").json == made.json)
    let content = try await client.get("/v1/weights/\(id)/content")
    #expect(content.body == bytes)
    let part = try await client.get("/v1/weights/\(id)/content", ["Range": "bytes=8-15"])
    #expect(part.status == 206 && part.body == Array(bytes[8..<16]))
    let other = try await upload(bytes)
    let page = try await client.get("/v1/weights?limit=1")
    #expect(page.json["data"]?[0]?["id"] == other.json["id"])
    #expect(page.json["data"]?[0]?["tensors"] == nil)
    let cursor = try #require(page.json["next_cursor"]?.string)
    let rest = try await client.get("/v1/weights?limit=1&cursor=\(cursor)")
    #expect(rest.json["data"]?[0]?["id"] == .string(id) && rest.json["next_cursor"] == .null)
    #expect(try await client.delete("/v1/weights/\(id)").status == 204)
    #expect(try await client.get("/v1/weights/\(id)").status == 404)
    #expect(try await client.get("/v1/weights/\(id)/content").status == 404)
    #expect(try await client.delete("/v1/weights/\(id)").status == 404)
    #expect(server.filesLeft().isEmpty)
  }

  @Test("a run begins with PyTorch's numbers, whatever they are stored as and called")
  func begins() async throws {
    let client = server.client
    let expected = try JSON(parsing: Self.fixture("transfer.json"))
    let file = try await upload(Self.fixture("transfer.safetensors"))
    let id = try #require(file.json["id"])
    let initial: JSON = [
      "weights": id, "prefix": "module.", "rename": Self.rename, "strict": false,
    ]
    let body = Samples.run(model: Self.model(units: 2), dataset: try await dataset())
      .setting("initial_weights", initial)
    let dry = try await client.post("/v1/models:validate", json: body)
    #expect(dry.status == 200, "\(dry.text)")
    let made = try await client.post("/v1/runs", json: body)
    #expect(made.status == 202, "\(made.text)")
    let run = try #require(made.json["id"]?.string)
    #expect(made.json["initial_weights"] == initial)
    let report = try #require(made.json["initial_weights_report"])
    #expect(dry.json["preflight"]?["initial_weights_report"] == report)
    let begun = [
      "hidden.weight", "hidden.bias", "norm.weight", "norm.bias", "norm.running_mean",
      "norm.running_var",
    ]
    #expect(report["matched"] == .array(begun.map(JSON.string)))
    #expect(report["missing"] == [] && report["unexpected"] == [])
    #expect(
      report["mismatched"] == [
        ["name": "head.weight", "found": [3, 8], "wanted": [2, 8]],
        ["name": "head.bias", "found": [3], "wanted": [2]],
      ])
    #expect(report["passed_over"] == ["module.1.num_batches_tracked"])
    // The run has a copy, which it keeps when the file goes.
    #expect(try await client.delete("/v1/weights/\(id.string ?? "")").status == 204)
    #expect(try await finished(run)["initial_weights_report"] == report)
    let weights = try Samples.safetensors(
      try await client.get("/v1/runs/\(run)/weights?checkpoint=initial").body)
    let names = ["hidden.": "0.", "norm.": "1."]
    for name in begun {
      let layer = try #require(names.keys.first { name.hasPrefix($0) })
      let other = (names[layer] ?? "") + name.dropFirst(layer.count)
      #expect(
        weights[name]?.values.map { Float($0) } == floats(expected["weights"]?[other]), "\(name)")
    }
    #expect(weights["head.weight"]?.shape == [2, 8])
    // What was deleted can't be begun with again.
    let again = try await client.post("/v1/runs/\(run):clone")
    #expect(
      again.status == 422 && again.json["errors"]?[0]?["pointer"] == "/initial_weights/weights")
  }

  @Test("strictly, everything that doesn't go together is named at once")
  func strict() async throws {
    let client = server.client
    let id = try #require(
      try await upload(Self.fixture("transfer.safetensors")).json["id"])
    let data = try await dataset()
    func details(_ initial: JSON, _ model: JSON = Self.model(units: 2)) async throws
      -> [(String, String)]
    {
      let body = Samples.run(model: model, dataset: data).setting("initial_weights", initial)
      let answer = try await client.post("/v1/runs", json: body)
      #expect(answer.status == 422, "\(answer.text)")
      return (answer.json["errors"]?.array ?? []).map {
        ($0["pointer"]?.string ?? "", $0["detail"]?.string ?? "")
      }
    }
    let all = try await details(
      ["weights": id, "prefix": "module.", "rename": ["0.": "hidden.", "3.": "head."]])
    #expect(Set(all.map(\.0)) == ["/initial_weights"])
    #expect(
      all.contains { $0.1.contains("\"head.weight\"") && $0.1.contains("is [3, 8]") }
        && all.contains { $0.1.contains("has no parameter \"norm.running_var\"") }
        && all.contains { $0.1.contains("\"module.1.weight\"") && $0.1.contains("is no parameter") },
      "\(all)")
    #expect(all.count == 2 + 4 + 4)
    let cases: [(JSON, String, String)] = [
      (["weights": id, "prefix": "modul."], "/initial_weights/prefix", "no tensor begins with"),
      (
        ["weights": id, "prefix": "module.", "rename": ["4.": "head."]],
        "/initial_weights/rename/4.", "no tensor begins so"
      ),
      (
        ["weights": id, "rename": ["3.": "head"]], "/initial_weights/rename/3.",
        "must both end in a dot"
      ),
      (["weights": id, "strict": false], "/initial_weights", "no tensor of weights"),
      (["weights": "wts_01KB7C8F4H2J9K6M3N5P7Q1R0S"], "/initial_weights/weights", "there are no"),
      (["weights": "run_1"], "/initial_weights/weights", "no id of weights"),
      (["weights": id, "checkpoint": "best"], "/initial_weights/checkpoint", "leave it out"),
      (
        ["weights": id, "run": "run_01KB7C8F4H2J9K6M3N5P7Q1R0S"], "/initial_weights/weights",
        "contradicts run"
      ),
      (["weights": id, "strickt": true], "/initial_weights/strickt", "did you mean \"strict\""),
      (["strict": false], "/initial_weights/run", "give run or weights"),
      ("ds_1", "/initial_weights", "neither a run's id"),
      (7, "/initial_weights", "expected an object"),
      (
        ["run": "run_01KB7C8F4H2J9K6M3N5P7Q1R0S"], "/initial_weights/run", "there is no run"
      ),
    ]
    for (initial, pointer, words) in cases {
      let found = try await details(initial)
      #expect(found.map(\.0) == [pointer], "\(initial): \(found)")
      #expect(found.first?.1.contains(words) == true, "\(initial): \(found)")
    }
  }

  @Test("layers stay until they are unfrozen; a time after the run's end is refused")
  func unfreezing() async throws {
    let client = server.client
    let data = try await dataset()
    func body(_ group: JSON) -> JSON {
      let run = Samples.run(dataset: data)
      let training = run["training"]?.setting(
        "optimizer", ["type": "adam", "learning_rate": 0.01, "groups": [group]])
      return run.setting("training", training)
        .setting("observe", ["gradient_norms_every": 1, "histograms_every": 0])
    }
    let late = try await client.post(
      "/v1/runs", json: body(["layers": ["hidden"], "unfreeze_at": ["epoch": 4]]))
    #expect(late.status == 422)
    #expect(
      late.json["errors"]?[0]?["pointer"] == "/training/optimizer/groups/0/unfreeze_at/epoch",
      "\(late.text)")
    let made = try await client.post(
      "/v1/runs",
      json: body(["name": "body", "layers": ["hidden"], "unfreeze_at": ["epoch": 2]]))
    #expect(made.status == 202, "\(made.text)")
    let id = try #require(made.json["id"]?.string)
    _ = try await finished(id)
    let rates = try await client.get("/v1/runs/\(id)/metrics?names=learning_rate.body")
    let points = rates.json["series"]?[0]?["points"]?.array ?? []
    #expect(
      points.map { $0[1]?.double } == Array(repeating: 0, count: 8)
        + Array(repeating: 0.01, count: 16), "\(rates.text)")
  }

  @Test("all of a file goes into a model of its shape, and the network answers as PyTorch's")
  func whole() async throws {
    let client = server.client
    let expected = try JSON(parsing: Self.fixture("transfer.json"))
    let id = try #require(try await upload(Self.fixture("transfer.safetensors")).json["id"])
    var rows = "x,y,label\n"
    for row in 0..<30 {
      rows += "\(Double(row % 7) - 3),\(Double(row % 5) - 2),\(["a", "b", "c"][row % 3])\n"
    }
    let data = try await server.upload(Array(rows.utf8), "name=three&format=csv&scale=none")
    var body = Samples.run(
      model: Self.model(), dataset: try #require(data["id"]?.string)
    ).setting(
      "initial_weights", ["weights": id, "prefix": "module.", "rename": Self.rename])
    body = body.setting(
      "training",
      [
        "steps": 1, "batch_size": 15, "loss": "cross_entropy",
        "optimizer": ["type": "sgd", "learning_rate": 1e-30],
      ])
    let made = try await client.post("/v1/runs", json: body)
    #expect(made.status == 202, "\(made.text)")
    let run = try #require(made.json["id"]?.string)
    #expect(made.json["initial_weights_report"]?["counts"]?["matched"] == 8)
    _ = try await finished(run)
    let answer = try await client.post(
      "/v1/runs/\(run)/predictions?checkpoint=initial",
      json: ["inputs": expected["inputs"] ?? .null])
    #expect(answer.status == 200, "\(answer.text)")
    let wanted = (expected["outputs"]?.array ?? []).map { row in
      Samples.softmax((row.array ?? []).compactMap(\.double))
    }
    for (row, probabilities) in wanted.enumerated() {
      for place in probabilities.indices {
        let found = answer.json["outputs"]?[row]?[place]?.double ?? -1
        #expect(abs(found - probabilities[place]) < 1e-5, "\(answer.text)")
      }
    }
  }

  @Test("numbers that aren't finite are told of an upload, and no run begins with them")
  func nonFinite() async throws {
    let tensor = { (name: String, values: [Double]) in
      NamedTensor(name: name, tensor: .init(values, shape: [values.count]))
    }
    // 1e300 is finite, and not in single precision.
    let bytes = try WeightsFile.npz.encoded([
      tensor("hidden.bias", [1, .nan, 3, -.infinity, 5, 6, 7, 8]),
      tensor("dense_1.bias", [1e300, 0]),
    ])
    let made = try await upload(bytes)
    #expect(made.status == 201 && made.json["format"] == "npz", "\(made.text)")
    let tensors = made.json["tensors"]?.array ?? []
    #expect(tensors.map { $0["non_finite"] } == [2, nil])
    let body = Samples.run(dataset: try await dataset()).setting(
      "initial_weights", ["weights": made.json["id"] ?? .null, "strict": false])
    let answer = try await server.client.post("/v1/runs", json: body)
    let details = answer.json["errors"]?.array?.compactMap { $0["detail"]?.string } ?? []
    #expect(answer.status == 422 && details.count == 2, "\(answer.text)")
    #expect(details.first?.contains("\"hidden.bias\" has 2 numbers that aren't finite") == true)
  }

  @Test(
    "a file that isn't one is refused in words that help, and nothing of it stays",
    arguments: [
      ([], "the body is empty"), ([0x80, 0x02, 0x7D, 0x71, 0, 0, 0, 0, 0, 0], "Python pickle"),
      (Array("\u{89}HDF".unicodeScalars.map { UInt8($0.value) }), "HDF5"),
      (Array("a,b\n1,2\n3,4\n".utf8), "of neither format"),
      (
        safetensors(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4), "the file has 4"
      ),
      (
        safetensors(
          #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}"#,
          6), "\"b\" begins at 2, where 4 was expected"
      ),
      (
        safetensors(#"{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}"#, 1),
        "the dtype F8_E4M3, which isn't read; one of F64"
      ),
      (
        safetensors(
          #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
          8), "stands twice"
      ),
      (
        [255, 255, 255, 255, 255, 255, 255, 127] + Array("{}".utf8),
        "says that its header has 9223372036854775807 bytes"
      ),
    ])
  func hostile(bytes: [UInt8], words: String) async throws {
    let answer = try await upload(bytes)
    #expect(answer.status == 422, "\(answer.text)")
    #expect(answer.text.contains(words.replacing("\"", with: "\\\"")), "\(answer.text)")
    #expect(try await server.client.get("/v1/weights").json["data"] == [])
    #expect(server.filesLeft().isEmpty)
  }

  @Test("the same request under one key makes one file; a digest and a name are checked")
  func headers() async throws {
    let bytes = try Self.fixture("transfer.safetensors")
    let client = server.client
    func send(_ headers: [String: String], _ query: String = "") async throws -> TestClient.Answer {
      try await client.send("POST", "/v1/weights\(query)", headers, body: bytes)
    }
    let first = try await send(["Idempotency-Key": "one"])
    let second = try await send(["Idempotency-Key": "one"])
    #expect(first.status == 201 && second.json == first.json)
    #expect(try await client.get("/v1/weights").json["data"]?.array?.count == 1)
    let wrong = "sha-256=:\(Data(repeating: 1, count: 32).base64EncodedString()):"
    #expect(try await send(["Content-Digest": wrong]).status == 422)
    #expect(try await send([:], "?nmae=a").status == 422)
    let long = String(repeating: "a", count: 201)
    #expect(try await send([:], "?name=\(long)").json["errors"]?[0]?["parameter"] == "name")
  }

  @Test("weights lie in the database: a backup has them, and the doctor reads them")
  func store() async throws {
    _ = try await upload(Self.fixture("transfer.safetensors"))
    let made = try await server.client.post("/v1/backups")
    #expect(made.status == 201, "\(made.text)")
    let folder = server.folder.appending(
      path: try #require(made.json["path"]?.string), directoryHint: .isDirectory)
    #expect(try Doctor(folder: folder).examine().faults == [])
    let store = try Store(directory: folder)
    let record = try #require(try await store.weights.list(limit: 9).first)
    #expect(try await store.weights.contents(record) == Self.fixture("transfer.safetensors"))
  }

  private static func safetensors(_ header: String, _ contents: Int) -> [UInt8] {
    let text = Array(header.utf8)
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
      + [UInt8](repeating: 0, count: contents)
  }
}
