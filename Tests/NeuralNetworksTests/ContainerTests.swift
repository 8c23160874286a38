import Autodiff
import JSON
import Kernels
import Tensors
import Testing

@testable import NeuralNetworks

@Suite struct ContainerTests {
  private func model(_ layers: JSON, shape: JSON = [4]) throws -> Model {
    try Model(ModelSpec(["input": ["shape": shape], "layers": layers]))
  }

  private func dense(_ name: JSON, _ units: Int = 4) -> JSON {
    ["type": "dense", "units": .integer(units), "name": name]
  }

  @Test("layers of containers have qualified names, and the container's own is its output's")
  func names() throws {
    let model = try model([
      ["type": "residual", "projection": true, "layers": [dense("a"), ["type": "layer_norm"]]],
      [
        "type": "repeat", "name": "stage", "times": 2,
        "layers": [dense("b"), ["type": "residual", "name": "c", "layers": [dense("d")]]],
      ],
    ])
    #expect(
      model.layers.map(\.name) == [
        "residual_0.a", "residual_0.layer_norm_1", "residual_0.projection", "residual_0",
        "stage.0.b", "stage.0.c.d", "stage.0.c", "stage.1.b", "stage.1.c.d", "stage.1.c",
      ])
    #expect(
      model.parameters.map(\.name).filter { $0.hasSuffix("weight") } == [
        "residual_0.a.weight", "residual_0.layer_norm_1.weight", "residual_0.projection.weight",
        "stage.0.b.weight", "stage.0.c.d.weight", "stage.1.b.weight", "stage.1.c.d.weight",
      ])
    #expect(
      model.spec.layers.map(\.place) == [
        "/layers/0/layers/0", "/layers/0/layers/1", "/layers/0", "/layers/0", "/layers/1/layers/0",
        "/layers/1/layers/1/layers/0", "/layers/1/layers/1", "/layers/1/layers/0",
        "/layers/1/layers/1/layers/0", "/layers/1/layers/1",
      ])
  }

  @Test("applications that share have one set of parameters, under the first one's names")
  func shared() throws {
    let model = try model([
      ["type": "repeat", "name": "deep", "times": 3, "shared": true, "layers": [dense("fc")]],
      ["type": "residual", "name": "r", "layers": [dense("fc")]],
      ["type": "residual", "name": "s", "share": "r", "layers": [dense("fc")]],
    ])
    #expect(
      model.layers.map(\.name) == ["deep.fc", "deep@2.fc", "deep@3.fc", "r.fc", "r", "s.fc", "s"])
    #expect(
      model.parameters.map(\.name) == [
        "deep.fc.weight", "deep.fc.bias", "r.fc.weight", "r.fc.bias",
      ])
    #expect(model.spec.layers.map(\.share) == [nil, 0, 0, nil, nil, 3, nil])
    #expect(model.parameterCount == 40)
  }

  @Test("what a sum's activation learns is shared and frozen with its container")
  func sums() throws {
    func residual(_ name: String, _ more: [(String, JSON)] = []) -> JSON {
      let members: [(String, JSON)] = [
        ("type", "residual"), ("name", .string(name)), ("activation", "prelu"),
        ("layers", [dense("fc")]),
      ]
      return .object(JSONObject(members + more))
    }
    let model = try model([
      ["type": "repeat", "name": "deep", "times": 3, "shared": true, "layers": [residual("r")]],
      residual("copy", [("share", "deep.r")]), residual("frozen", [("trainable", false)]),
    ])
    #expect(
      model.parameters.map(\.name) == [
        "deep.r.fc.weight", "deep.r.fc.bias", "deep.r.activation.weight", "frozen.fc.weight",
        "frozen.fc.bias", "frozen.activation.weight",
      ])
    #expect(
      model.learnedParameters.map(\.name) == [
        "deep.r.fc.weight", "deep.r.fc.bias", "deep.r.activation.weight",
      ])
  }

  @Test("trainable: false on a container freezes all that is inside")
  func frozen() throws {
    let model = try model([
      [
        "type": "repeat", "name": "stage", "times": 2, "trainable": false,
        "layers": [["type": "residual", "name": "r", "projection": true, "layers": [dense("a")]]],
      ], dense("head"),
    ])
    #expect(model.learnedParameters.map(\.name) == ["head.weight", "head.bias"])
    #expect(model.spec.json["layers"]?[0]?["trainable"] == false)
    #expect(model.spec.json["layers"]?[0]?["layers"]?[0]?["trainable"] == nil)
  }

  @Test("a name means the innermost layer that has it; input is what the container takes")
  func scopes() throws {
    let model = try model([
      dense("a"), dense("b"),
      [
        "type": "residual", "name": "outer",
        "layers": [
          ["type": "dense", "units": 4, "name": "a", "inputs": "input"],
          [
            "type": "repeat", "name": "inner", "times": 2,
            "layers": [
              ["type": "add", "name": "sum", "inputs": ["a", "b", "input"]]
            ],
          ],
        ],
      ],
      ["type": "add", "inputs": ["outer.a", "outer.inner.0.sum", "outer", "a"]],
    ])
    let layers = model.spec.layers
    func taken(_ name: String) throws -> [String] {
      try #require(layers.first { $0.name == name }).sources.map { source in
        switch source {
        case .layer(let index): layers[index].name
        default: "input"
        }
      }
    }
    #expect(try taken("a") == ["input"])
    #expect(try taken("outer.a") == ["b"])
    #expect(try taken("outer.inner.0.sum") == ["outer.a", "b", "outer.a"])
    #expect(try taken("outer.inner.1.sum") == ["outer.a", "b", "outer.inner.0.sum"])
    #expect(try taken("outer") == ["outer.inner.1.sum", "b"])
    #expect(try taken("add_3") == ["outer.a", "outer.inner.0.sum", "outer", "a"])
    let again = try ModelSpec(model.spec.json)
    #expect(again.layers.map(\.sources) == layers.map(\.sources))
  }

  @Test("a projection is there where shapes differ, or always, and has the stride that fits")
  func projections() throws {
    func residual(_ projection: JSON, stride: Int, filters: Int = 2) -> JSON {
      [
        "type": "residual", "projection": projection,
        "layers": [
          [
            "type": "conv2d", "name": "c", "filters": .integer(filters), "kernel": 3, "padding": 1,
            "stride": .integer(stride),
          ]
        ],
      ]
    }
    let cases: [(JSON, Int, Int, [Int]?)] = [
      (false, 1, 2, nil), ("auto", 1, 2, nil), (true, 1, 2, [2, 2, 1, 1]),
      ("auto", 2, 2, [2, 2, 1, 1]), ("auto", 3, 5, [5, 2, 1, 1]), (true, 4, 5, [5, 2, 1, 1]),
    ]
    for (projection, stride, filters, weight) in cases {
      let model = try model(
        .array([residual(projection, stride: stride, filters: filters)]), shape: [2, 9, 7])
      let found = model.parameters.first { $0.name == "residual_0.projection.weight" }
      #expect(found?.shape.dimensions == weight, "\(projection) \(stride)")
      #expect(model.layers.count == (weight == nil ? 2 : 3))
      let extents = [(9 + stride - 1) / stride, (7 + stride - 1) / stride]
      #expect(model.outputShape.dimensions == [filters] + extents)
    }
  }

  @Test("layers may stand in any order, and their parameters stay in the document's")
  func order() throws {
    let model = try model([
      ["type": "dense", "units": 3, "name": "last", "inputs": "middle"],
      ["type": "dense", "units": 5, "name": "first", "inputs": "input"],
      ["type": "dense", "units": 6, "name": "middle"],
      ["type": "activation", "activation": "tanh", "inputs": "last"],
    ])
    #expect(model.spec.order == [1, 2, 0, 3])
    #expect(
      model.parameters.map(\.shape).map(\.dimensions) == [[3, 6], [3], [5, 4], [5], [6, 5], [6]])
    #expect(model.outputShape == [3])
  }
}

/// The 20-layer network of He et al. 2015 for images of 32 × 32, with sums written out and with containers.
@Suite struct ResidualNetworkTests {
  private static func convolution(_ filters: Int, stride: Int = 1) -> JSON {
    [
      "type": "conv2d", "filters": .integer(filters), "kernel": 3, "padding": 1,
      "stride": .integer(stride), "bias": false,
    ]
  }
  private static let norm: JSON = ["type": "batch_norm"]
  private static let relu: JSON = ["type": "activation", "activation": "relu"]
  private static func projection(_ filters: Int) -> JSON {
    ["type": "conv2d", "filters": .integer(filters), "kernel": 1, "stride": 2, "bias": false]
  }
  private static func spec(_ layers: [JSON]) -> JSON {
    [
      "input": ["shape": [3, 32, 32]],
      "layers": .array(
        [convolution(16), norm, relu.setting("name", "b0")] + layers + [
          ["type": "global_avg_pool2d"], ["type": "dense", "units": 10, "name": "head"],
        ]),
    ]
  }

  private static let flat: JSON = {
    var layers: [JSON] = []
    var taken = "b0"
    for block in 1...9 {
      let filters = [16, 32, 64][(block - 1) / 3]
      let isFirst = block == 4 || block == 7
      layers += [
        convolution(filters, stride: isFirst ? 2 : 1).setting("inputs", .string(taken)), norm, relu,
        convolution(filters), norm.setting("name", .string("r\(block)_main")),
      ]
      var shortcut = taken
      if isFirst {
        shortcut = "r\(block)_short"
        layers += [
          projection(filters).setting("inputs", .string(taken)),
          norm.setting("name", .string(shortcut)),
        ]
      }
      taken = "r\(block)"
      layers += [
        ["type": "add", "inputs": [.string("\(taken)_main"), .string(shortcut)]],
        relu.setting("name", .string(taken)),
      ]
    }
    return spec(layers)
  }()

  private static let nested: JSON = {
    func block(_ filters: Int, stride: Int = 1) -> JSON {
      [
        "type": "residual", "activation": "relu",
        "layers": [
          convolution(filters, stride: stride), norm, relu, convolution(filters), norm,
        ],
      ]
    }
    func more(_ filters: Int, _ times: Int) -> JSON {
      ["type": "repeat", "times": .integer(times), "layers": [block(filters)]]
    }
    func first(_ filters: Int) -> JSON {
      block(filters, stride: 2).setting("shortcut", [projection(filters), norm])
    }
    return spec([more(16, 3), first(32), more(32, 2), first(64), more(64, 2)])
  }()

  private func output(_ model: Model) throws -> [Float] {
    var graph = Graph()
    let parts = try model.build(batch: 2, mode: .training, into: &graph)
    let store = model.initialParameters(seed: 1)
    // One stream for all parameters in their order, whatever their names.
    var numbers = Philox(seed: 5, purpose: "residual networks").generator()
    for (index, parameter) in model.parameters.enumerated() {
      let elements = store.pointer(index).assumingMemoryBound(to: Float.self)
      let scale = 1 / Double(max(parameter.shape.dropFirst(1).count, 2)).squareRoot()
      for element in 0..<parameter.shape.count {
        elements[element] = Float((2 * numbers.uniform() - 1) * scale)
      }
    }
    let bindings = Dictionary(
      uniqueKeysWithValues: parts.parameters.enumerated().map { ($1, store.pointer($0)) })
    let executor = try Executor(
      plan: Plan(graph, outputs: [parts.outputs[0]]), bindings: bindings,
      team: ThreadTeam(threads: 1))
    let input = executor.pointer(to: parts.inputs[0]).assumingMemoryBound(to: Float.self)
    for index in 0..<2 * 3 * 32 * 32 { input[index] = Float(numbers.uniform()) }
    executor.run()
    let result = executor.pointer(to: parts.outputs[0]).assumingMemoryBound(to: Float.self)
    return (0..<20).map { result[$0] }
  }

  @Test("written with residuals it has the same parameters, costs and outputs")
  func equal() throws {
    let flat = try Model(ModelSpec(Self.flat))
    let nested = try Model(ModelSpec(Self.nested))
    #expect(nested.parameters.map(\.shape) == flat.parameters.map(\.shape))
    #expect(nested.parameterCount == flat.parameterCount)
    // Table 6 of the paper has 0.27 million, with two shortcuts that have no parameters.
    #expect(flat.parameterCount == 269_722 + 16 * 32 + 64 + 32 * 64 + 128)
    #expect(nested.forwardFlops == flat.forwardFlops)
    let (first, second) = (try output(flat), try output(nested))
    #expect(first == second)
    #expect(first.contains { $0 != 0 })
  }
}

extension JSON {
  /// The same object with another member.
  fileprivate func setting(_ name: String, _ value: JSON) -> JSON {
    guard case .object(var object) = self else { return self }
    object[name] = value
    return .object(object)
  }
}
