import Autodiff
import JSON
import Kernels
import Tensors
import Testing

@testable import NeuralNetworks

/// Weights that are made of other parameters; what comes of them is in `LayerReferenceTests`.
@Suite struct ParametrizationTests {
  private static let spectral = LayerCase.all.filter { $0.json["layer"]?["spectral_norm"] == true }

  private static func model(_ layers: JSON, input: JSON = [4]) throws -> Model {
    try Model(ModelSpec(["input": ["shape": input], "layers": layers]))
  }

  @Test("every layer that takes a parametrization has a case of each, and its entry says so")
  func coverage() {
    let taking = Set(LayerCatalog.all.filter { $0 is any NormalizableLayer.Type }.map { $0.type })
    for kind in Parametrization.allCases {
      let tried = LayerCase.all.filter { $0.json["layer"]?[kind.rawValue] == true }.map(\.type)
      #expect(Set(tried) == taking)
      let listed = LayerCatalog.entries.filter { $0.fields.contains { $0.name == kind.rawValue } }
      #expect(Set(listed.map(\.type)) == taking)
    }
  }

  @Test("with the vectors at rest the gradient is the function's", arguments: spectral)
  func inference(layerCase: LayerCase) throws {
    let built = try layerCase.built(element: .float64, mode: .inference)
    #expect(built.graph.updates.isEmpty)
    let findings = try GradientCheck().findings(
      graph: built.graph, loss: built.loss, variables: built.variables, contents: built.contents,
      team: ThreadTeam(threads: 1))
    for finding in findings { #expect(finding.relativeDifference < 1e-6, "\(finding)") }
  }

  private static func numbers(_ store: ParameterStore, _ name: String) throws -> [Double] {
    let index = try #require(store.index(of: name))
    return store.bytes(index).bindMemory(to: Float.self).map(Double.init)
  }

  @Test("a length begins as that of its row, so that the weight begins as it was drawn")
  func lengths() throws {
    let model = try Self.model([
      ["type": "dense", "units": 3, "weight_norm": true, "name": "a"]
    ])
    let store = model.initialParameters(seed: 3)
    let lengths = try Self.numbers(store, "a.parametrizations.weight.original0")
    let rows = try Self.numbers(store, "a.parametrizations.weight.original1")
    for row in 0..<3 {
      let squares = rows[4 * row..<4 * row + 4].map { $0 * $0 }
      let length = squares.reduce(0, +).squareRoot()
      #expect(abs(lengths[row] - length) < 1e-6)
    }
  }

  @Test(
    "the vectors begin as singular ones: an orthogonal weight times 2 has the norm 2",
    arguments: [
      ["type": "dense", "units": 7], ["type": "dense", "units": 3],
      ["type": "conv2d_transpose", "filters": 3, "kernel": 2],
    ] as [JSON])
  func singularVectors(layer: JSON) throws {
    guard case .object(var members) = layer else { return }
    let isImage = layer["type"] != "dense"
    members["name"] = "a"
    members["spectral_norm"] = true
    members["initializer"] = ["type": "orthogonal", "gain": 2.0]
    let model = try Self.model([.object(members)], input: isImage ? [3, 4, 4] : [5])
    let store = model.initialParameters(seed: 5)
    let weight = try Self.numbers(store, "a.parametrizations.weight.original")
    let left = try Self.numbers(store, "a.parametrizations.weight.0._u")
    let right = try Self.numbers(store, "a.parametrizations.weight.0._v")
    for vector in [left, right] {
      let length = vector.reduce(0) { $0 + $1 * $1 }
      #expect(abs(length - 1) < 1e-6)
    }
    // Of the kernel [3, 3, 2, 2] the second axis has the rows.
    let inner = isImage ? 4 : right.count
    var norm = 0.0
    for (place, element) in weight.enumerated() {
      let row = place / inner % left.count
      norm += left[row] * element * right[place / inner / left.count * inner + place % inner]
    }
    // Orthogonal is the kernel as 3 rows of 12, of 12 squares in all; as rows of the outputs its norm is between.
    if isImage {
      #expect(norm > 1.9 && norm < 2 * 3.0.squareRoot() + 1e-5)
    } else {
      #expect(abs(norm - 2) < 1e-5)
    }
  }

  @Test("parameters have PyTorch's names, shapes and order, and count")
  func names() throws {
    let model = try Self.model(
      [
        [
          "type": "conv2d_transpose", "filters": 4, "kernel": 2, "weight_norm": true, "name": "a",
        ],
        ["type": "conv2d", "filters": 5, "kernel": [1, 3], "spectral_norm": true, "name": "b"],
      ], input: [3, 4, 4])
    // As torch.nn.ConvTranspose2d(3, 4, 2) and Conv2d(4, 5, (1, 3)) have them, once parametrized.
    #expect(
      model.parameters.map(\.name) == [
        "a.bias", "a.parametrizations.weight.original0", "a.parametrizations.weight.original1",
        "b.bias", "b.parametrizations.weight.original", "b.parametrizations.weight.0._u",
        "b.parametrizations.weight.0._v",
      ])
    #expect(
      model.parameters.map(\.shape) == [
        [4], [3, 1, 1, 1], [3, 4, 2, 2], [5], [5, 4, 1, 3], [5], [12],
      ])
    #expect(model.learnedIndices == [0, 1, 2, 3, 4])
    #expect(model.layers.map(\.parameterCount) == [4 + 3 + 48, 5 + 60])
    #expect(try ModelSpec(model.spec.json).json == model.spec.json)
  }

  @Test("a frozen layer learns neither length nor direction")
  func frozen() throws {
    let model = try Self.model([
      ["type": "dense", "units": 3, "weight_norm": true, "trainable": false],
      ["type": "dense", "units": 2, "name": "b"],
    ])
    #expect(model.learnedParameters.map(\.name) == ["b.weight", "b.bias"])
  }

  @Test("layers that share a normalized weight have one length and direction")
  func shared() throws {
    let model = try Self.model([
      ["type": "dense", "units": 4, "weight_norm": true, "name": "once"],
      ["type": "dense", "units": 4, "weight_norm": true, "share": "once"],
    ])
    #expect(model.parameters.count == 3)
  }

  static let faults: [(layers: String, pointer: String, detail: String)] = [
    (
      #"{"type":"dense","units":2,"weight_norm":true,"spectral_norm":true}"#, "/spectral_norm",
      "the layer has weight_norm already"
    ),
    (
      #"{"type":"layer_norm","weight_norm":true}"#, "/weight_norm",
      "layer_norm has no weight to normalize; it is for dense, bilinear, embedding, conv1d"
    ),
    (
      #"{"type":"dense","units":2,"spectral_norm":1}"#, "/spectral_norm",
      "expected true or false, found an integer"
    ),
    (
      #"{"type":"dense","units":2,"weight_norm":true,"initializer":"zeros"}"#, "/initializer",
      "weight_norm would divide by the length of zeros"
    ),
    (
      #"{"type":"dense","units":4,"name":"a"},{"type":"dense","units":4,"weight_norm":true,"share":"a"}"#,
      "/share", "those of \"a\" are weight [4, 4], bias [4]"
    ),
  ]

  @Test("what can't be normalized is refused", arguments: faults)
  func refused(layers: String, pointer: String, detail: String) throws {
    let json = try JSON(parsing: #"{"input":{"shape":[4]},"layers":[\#(layers)]}"#)
    do throws(Faults) {
      _ = try ModelSpec(json)
      Issue.record("the spec was accepted")
    } catch {
      #expect(error.all.count == 1)
      #expect(error.all.first?.pointer.hasSuffix(pointer) == true, "\(error)")
      #expect(error.all.first?.detail.contains(detail) == true, "\(error)")
    }
  }
}
