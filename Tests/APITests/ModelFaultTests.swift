import Foundation
import JSON
import Testing

@testable import API

/// One document with everything that can be wrong with a model, and the models that containers make.
@Suite(.serialized, .server) struct ModelFaultTests {
  private var server: TestServer { ServerScope.server }

  private static let document = """
    {
      "nane": "misspelt",
      "input": { "shape": [9], "dtype": "int32", "vocabulary": 50 },
      "layers": [
        { "type": "embedding", "dimensions": 8, "vocabulary": 49, "name": "tokens" },
        { "type": "embedding", "dimensions": 8, "name": "words", "inputs": "input" },
        { "type": "dense", "units": 8, "name": "hidden", "inputs": "word" },
        { "type": "dense", "units": 8, "name": "hidden" },
        { "type": "dence", "units": 8 },
        { "type": "conv2d", "filters": 4, "kernel": 3, "inputs": "words" },
        { "type": "add", "inputs": ["words", "narrow"] },
        { "type": "dense", "units": 7, "name": "narrow", "inputs": "words" },
        { "type": "dense", "units": 8, "name": "a", "inputs": "b" },
        { "type": "dense", "units": 8, "name": "b", "inputs": "a" },
        { "type": "residual", "name": "empty", "layers": [] },
        { "type": "residual", "inputs": "words", "layers": [{ "type": "dense", "units": 9 }] },
        { "type": "repeat", "times": 2000000, "inputs": "words",
          "layers": [{ "type": "dense", "units": 8, "activation": "rely" }] },
        { "type": "repeat", "times": 900, "inputs": "words",
          "layers": [{ "type": "dense", "units": 8 }, { "type": "dropout", "rate": 2 }] },
        { "type": "dense", "units": 8, "share": "nothing", "inputs": "words" },
        { "type": "dense", "units": 8, "inputs": "words", "initializer":
          { "type": "from", "run": "run_1" } },
        5
      ]
    }
    """

  private static let pointers = [
    "/layers/0/vocabulary", "/layers/2/inputs", "/layers/3/name", "/layers/4/type", "/layers/5",
    "/layers/6/inputs", "/layers/8/inputs", "/layers/10/layers", "/layers/11/projection",
    "/layers/12/times", "/layers/12/layers/0/activation", "/layers/13/times",
    "/layers/13/layers/1/rate", "/layers/14/share", "/layers/15/initializer/run", "/layers/16",
    "/nane",
  ]

  private func faults(_ path: String, _ body: String) async throws -> [(String, String)] {
    let answer = try await server.client.send(
      "POST", path, ["Content-Type": "application/json"], body: Array(body.utf8))
    #expect(answer.status == 422, "\(answer.text)")
    #expect(answer.json["type"] == "/problems/invalid")
    return answer.json["errors"]?.array?.map {
      ($0["pointer"]?.string ?? "", $0["detail"]?.string ?? "")
    } ?? []
  }

  @Test(
    "every fault of a document is in one answer, each with its place",
    arguments: ["/v1/models", "/v1/models:validate"])
  func all(path: String) async throws {
    let found = try await faults(path, Self.document)
    #expect(found.map(\.0).sorted() == Self.pointers.sorted())
    let details = Dictionary(found) { first, _ in first }
    for (pointer, words) in [
      ("/layers/0/vocabulary", "vectors for 49 tokens, and the model's input has 50"),
      ("/layers/2/inputs", "did you mean \"words\"?"),
      ("/layers/3/name", "already that of layer 2"),
      ("/layers/4/type", "did you mean \"dense\"?"),
      ("/layers/5", "the input [9, 8] has 2 axes"),
      ("/layers/6/inputs", "the inputs [9, 8] and [9, 7] differ"),
      ("/layers/8/inputs", "a -> b -> a"),
      ("/layers/11/projection", "the layers give [9, 9], and the input is [9, 8]"),
      ("/layers/13/times", "a model has at most 1000"),
    ] {
      #expect(details[pointer]?.contains(words) == true, "\(pointer): \(details[pointer] ?? "")")
    }
    let models = try await server.client.get("/v1/models")
    #expect(models.json["data"] == [])
  }

  @Test("ten thousand layers are refused with the limit, flat or by repetition")
  func manyLayers() async throws {
    let layer = #"{"type":"dense","units":2}"#
    let many = Array(repeating: layer, count: 10_000).joined(separator: ",")
    let flat = try await faults(
      "/v1/models", #"{"input":{"shape":[2]},"layers":[\#(many)]}"#)
    #expect(flat.map(\.0) == ["/layers"])
    #expect(flat.first?.1 == "has 10000 elements; from 1 to 1000")
    let nested =
      #"{"type":"repeat","times":10,"layers":[{"type":"repeat","times":1000,"layers":[\#(layer)]}]}"#
    let opened = try await faults(
      "/v1/models", #"{"input":{"shape":[2]},"layers":[\#(nested)]}"#)
    #expect(opened.map(\.0) == ["/layers/0/times"])
    #expect(opened.first?.1.contains("are 10000 layers") == true)
  }

  private static let containers: JSON = [
    "input": ["shape": [4]],
    "layers": [
      [
        "type": "repeat", "name": "stage", "times": 2,
        "layers": [
          [
            "type": "residual", "activation": "relu",
            "layers": [["type": "dense", "units": 4, "name": "fc"]],
          ]
        ],
      ],
      [
        "type": "residual", "name": "wide", "projection": "auto",
        "layers": [["type": "dense", "units": 2]],
      ],
    ],
  ]

  @Test("containers are shown opened in the summary, and nested in the spec")
  func summaries() async throws {
    let names: [JSON] = [
      "stage.0.residual_0.fc", "stage.0.residual_0", "stage.1.residual_0.fc", "stage.1.residual_0",
      "wide.dense_0", "wide.projection", "wide",
    ]
    let validated = try await server.client.post("/v1/models:validate", json: Self.containers)
    #expect(validated.status == 200, "\(validated.text)")
    #expect(validated.json["layers"]?.array?.compactMap { $0["name"] } == names)
    let created = try await server.client.post("/v1/models", json: Self.containers)
    #expect(created.status == 201, "\(created.text)")
    let id = try #require(created.json["id"]?.string)
    let model = try await server.client.get("/v1/models/\(id)").json
    #expect(model["summary"]?["layers"]?.array?.compactMap { $0["name"] } == names)
    #expect(
      model["summary"]?["parameters"]?[0]?["name"] == "stage.0.residual_0.fc.weight")
    let spec = try #require(model["spec"])
    #expect(spec["layers"]?[0]?["layers"]?[0]?["name"] == "residual_0")
    #expect(spec["layers"]?[0]?["layers"]?[0]?["projection"] == false)
    #expect(spec["layers"]?[0]?["layers"]?[0]?["layers"]?[0]?["initializer"] != nil)
    #expect(spec["layers"]?[0]?["shared"] == false)
    // What it's kept as makes the same model again.
    let again = try await server.client.post("/v1/models", json: spec)
    #expect(again.json["spec"] == spec)
    #expect(again.json["summary"]?["layers"] == model["summary"]?["layers"])
  }

  @Test("a run of containers trains, and its histories have their names")
  func run() async throws {
    let dataset = try await server.upload(Samples.blobs(rows: 120), "format=csv")
    let id = try #require(dataset["id"]?.string)
    let model: JSON = [
      "input": ["shape": [2]],
      "layers": [
        [
          "type": "repeat", "name": "deep", "times": 2, "shared": true,
          "layers": [
            ["type": "dense", "units": 2, "name": "fc", "activation": "tanh"],
            ["type": "batch_norm"],
          ],
        ],
        [
          "type": "residual", "name": "block",
          "layers": [["type": "dense", "units": 2, "name": "fc"]],
        ],
      ],
    ]
    let run = try await server.client.post("/v1/runs", json: Samples.run(model: model, dataset: id))
    let runID = try #require(run.json["id"]?.string, "\(run.text)")
    _ = try await server.client.get("/v1/runs/\(runID)/events", ["Accept": "application/x-ndjson"])
    #expect(try await server.client.get("/v1/runs/\(runID)").json["state"] == "succeeded")
    let gradients = try await server.client.get(
      "/v1/runs/\(runID)/gradients?layers=deep.fc,block.fc")
    #expect(
      gradients.json["layers"]?.array?.compactMap { $0["parameter"]?.string } == [
        "deep.fc.weight", "deep.fc.bias", "block.fc.weight", "block.fc.bias",
      ], "\(gradients.text.prefix(400))")
    let weights = try Samples.safetensors(
      try await server.client.get("/v1/runs/\(runID)/weights").body)
    #expect(
      Set(weights.keys) == [
        "deep.fc.weight", "deep.fc.bias", "deep.batch_norm_1.weight", "deep.batch_norm_1.bias",
        "deep.batch_norm_1.running_mean", "deep.batch_norm_1.running_var", "block.fc.weight",
        "block.fc.bias",
      ])
  }

  @Test("a model without any input is a fault like another")
  func noInputs() async throws {
    for spec in [
      #"{"inputs": {}, "layers": [{"type": "dense", "units": 2}]}"#,
      #"{"inputs": {}, "input": {"shape": [2]}, "layers": [{"type": "dense", "units": 2}]}"#,
    ] {
      let answer = try await server.client.send(
        "POST", "/v1/models:validate", ["Content-Type": "application/json"], body: Array(spec.utf8))
      #expect(answer.status == 422, "\(answer.text)")
      #expect(answer.json["errors"]?[0]?["pointer"] == "/inputs")
    }
  }
}
