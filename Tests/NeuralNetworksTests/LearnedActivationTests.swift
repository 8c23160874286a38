import Autodiff
import JSON
import Tensors
import Testing

@testable import NeuralNetworks

@Suite struct LearnedActivationTests {
  private static let swish: JSON = [
    "expression": "x * sigmoid(beta * x)", "parameters": ["beta": 1.5],
  ]
  private static let prelu: JSON = ["type": "prelu", "per_channel": true, "initial": 0.1]

  private func model(shape: JSON, _ layers: [JSON]) throws -> Model {
    try Model(ModelSpec(["input": ["shape": shape], "layers": .array(layers)]))
  }

  @Test("what an activation learns is named behind its layer's own parameters")
  func names() throws {
    let model = try model(
      shape: [3, 8, 8],
      [
        ["type": "conv2d", "filters": 32, "kernel": 3, "activation": Self.prelu, "name": "c"],
        ["type": "depthwise_conv2d", "kernel": 3, "activation": Self.prelu, "name": "d"],
        [
          "type": "separable_conv2d", "filters": 4, "kernel": 3, "activation": Self.prelu,
          "name": "s",
        ],
        ["type": "dense", "units": 5, "activation": Self.prelu, "name": "columns"],
        ["type": "flatten"],
        ["type": "activation", "activation": "prelu", "name": "alone"],
        ["type": "dense", "units": 2, "activation": Self.swish, "name": "last"],
        ["type": "add", "inputs": ["last", "last"], "activation": Self.swish, "name": "sum"],
      ])
    let shapes = model.parameters.map { "\($0.name) \($0.shape)" }
    #expect(
      shapes == [
        "c.weight [32, 3, 3, 3]", "c.bias [32]", "c.activation.weight [32]",
        "d.weight [32, 1, 3, 3]", "d.bias [32]", "d.activation.weight [32]",
        "s.depthwise.weight [32, 1, 3, 3]", "s.pointwise.weight [4, 32, 1, 1]",
        "s.pointwise.bias [4]", "s.activation.weight [4]",
        "columns.weight [5, 2]", "columns.bias [5]", "columns.activation.weight [5]",
        "alone.weight [1]",
        "last.weight [2, 40]", "last.bias [2]", "last.activation.beta [1]",
        "sum.activation.beta [1]",
      ])
    #expect(model.layers[0].parameterCount == 32 * 27 + 32 + 32)
    let store = model.initialParameters(seed: 1)
    func values(_ name: String) throws -> [Float] {
      let index = try #require(model.parameters.firstIndex { $0.name == name })
      let floats = store.pointer(index).assumingMemoryBound(to: Float.self)
      return (0..<model.parameters[index].shape.count).map { floats[$0] }
    }
    #expect(try values("c.activation.weight") == [Float](repeating: 0.1, count: 32))
    #expect(try values("alone.weight") == [0.25])
    #expect(try values("last.activation.beta") == [1.5])
    #expect(model.learnedParameters.count == model.parameters.count)
  }

  @Test("a frozen layer's activation is frozen too, and a shared layer shares what it learned")
  func frozenAndShared() throws {
    let model = try model(
      shape: [4],
      [
        ["type": "dense", "units": 4, "activation": Self.swish, "name": "a", "trainable": false],
        ["type": "dense", "units": 4, "activation": Self.swish, "name": "b"],
        ["type": "dense", "units": 4, "activation": Self.swish, "name": "c", "share": "b"],
        ["type": "activation", "activation": Self.swish, "name": "p"],
        ["type": "activation", "activation": Self.swish, "name": "q", "share": "p"],
      ])
    #expect(
      model.learnedParameters.map(\.name) == [
        "b.weight", "b.bias", "b.activation.beta", "p.beta",
      ])
    #expect(model.parameters.prefix(3).map(\.trainable) == [false, false, false])
    // Both uses of a shared beta count: the derivative of 3 x is that of one use and of the other.
    var graph = Graph(element: .float64)
    let parts = try model.build(batch: 2, mode: .training, into: &graph)
    let beta = parts.parameters[6]
    #expect(graph.shape(of: beta) == [1])
    let gradient = try graph.gradients(of: graph.sum(parts.outputs[0]), withRespectTo: [beta])[0]
    var contents: [Value: Tensor] = [
      parts.inputs[0]: Tensor([1, -2, 0.5, 3, 0.1, 2, -1, 1], shape: [2, 4])
    ]
    for (index, value) in parts.parameters.enumerated() {
      let shape = graph.shape(of: value)
      let numbers = (0..<shape.count).map { Double(($0 * 7 + index * 3) % 11) * 0.1 - 0.45 }
      contents[value] = Tensor(numbers, shape: shape)
    }
    func output(beta moved: Double) throws -> Double {
      var graph = graph
      let sum = try graph.sum(parts.outputs[0])
      var moving = contents
      moving[beta] = Tensor([moved], shape: [1])
      return try graph.evaluated([sum], with: moving)[0][0]
    }
    let here = try #require(contents[beta]?.elements(of: Double.self).first)
    let analytic = try graph.evaluated([gradient], with: contents)[0][0]
    let numeric = try (output(beta: here + 1e-5) - output(beta: here - 1e-5)) / 2e-5
    #expect(abs(analytic) > 1e-3 && abs(analytic - numeric) < 1e-7 * max(1, abs(numeric)))
  }

  @Test("layers within containers learn too, each repetition for itself unless it shares")
  func containers() throws {
    func names(shared: Bool) throws -> [String] {
      try model(
        shape: [4],
        [
          [
            "type": "repeat", "times": 2, "shared": .bool(shared), "name": "r",
            "layers": [["type": "dense", "units": 4, "activation": Self.swish]],
          ],
          [
            "type": "residual", "name": "s",
            "layers": [["type": "activation", "activation": "prelu"]],
          ],
        ]
      ).parameters.map(\.name).filter { $0.hasSuffix("beta") || $0.hasPrefix("s.") }
    }
    #expect(try names(shared: false).count == 3)
    #expect(try names(shared: true).count == 2)
    #expect(
      try names(shared: false).allSatisfy {
        $0.hasSuffix(".activation.beta") || $0.hasSuffix(".weight")
      })
  }

  @Test("layers that share must learn the same")
  func sharedFault() {
    #expect(throws: Faults.self) {
      try model(
        shape: [4],
        [
          ["type": "dense", "units": 4, "activation": Self.swish, "name": "a"],
          ["type": "dense", "units": 4, "activation": "relu", "name": "b", "share": "a"],
        ])
    }
  }

  @Test("transformer blocks take any activation, and name what it learns")
  func transformer() throws {
    let model = try model(
      shape: [5, 8],
      [
        [
          "type": "transformer_block", "heads": 2, "activation": Self.prelu, "feed_forward": 12,
          "name": "t",
        ],
        ["type": "transformer_block", "heads": 2, "activation": "gelu_tanh"],
        ["type": "transformer_block", "heads": 2, "activation": "swiglu"],
        ["type": "transformer_block", "heads": 2, "activation": "mish"],
      ])
    let own = model.parameters.filter { $0.layer == "t" }
    #expect(own.last?.name == "t.activation.weight" && own.last?.shape == [12])
    let again = try Model(ModelSpec(model.spec.json))
    #expect(again.spec.json == model.spec.json)
  }

  @Test("the canonical form reads back to the same activation")
  func canonical() throws {
    for json in [
      Self.swish, Self.prelu, "prelu", ["type": "softplus", "beta": 2, "threshold": 3], "softplus",
      [
        "expression": "clip(a * x, low, 2) + b", "constants": ["low": -1, "a": 3],
        "parameters": ["b": ["initial": 2, "per_channel": true]],
      ],
    ] as [JSON] {
      let activation = try Activation(json, pointer: "")
      #expect(try Activation(activation.json, pointer: "") == activation)
    }
  }

  @Test("initialization and probes treat an expression as what it resembles")
  func resemblance() throws {
    func activation(_ source: String) throws -> Activation {
      try Activation(["expression": .string(source)], pointer: "")
    }
    for source in ["max(x, 0)", "x * sigmoid(x)", "gelu(x)", "softplus(x)", "relu(x)^2", "elu(x)"] {
      #expect(try activation(source).isRectifying, "\(source)")
    }
    for source in ["x", "tanh(x)", "sigmoid(x)", "sin(x)", "abs(x)", "-x"] {
      #expect(try !activation(source).isRectifying, "\(source)")
    }
    #expect(try activation("max(x, 0)").flatOutputs == FlatOutputs(atMost: 0))
    #expect(try activation("min(relu(x), 6)").flatOutputs == FlatOutputs(atMost: 0))
    #expect(try activation("x * sigmoid(x)").flatOutputs == .none)
    #expect(try activation("x * sigmoid(1.7 * x) + 1").flops == 4)
  }

  @Test("an expression is one step forward and one backward, joined like a built-in one")
  func joined() throws {
    func lines(_ activation: JSON) throws -> [String] {
      let model = try model(
        shape: [6],
        [
          ["type": "dense", "units": 5, "activation": activation, "name": "a"],
          ["type": "dense", "units": 4, "name": "b"],
        ])
      var graph = Graph()
      let parts = try model.build(batch: 3, mode: .training, into: &graph)
      let loss = try graph.mean(graph.square(parts.outputs[0]))
      let gradients = try graph.gradients(of: loss, withRespectTo: parts.parameters)
      return try Plan(graph, outputs: [loss] + gradients).lines.map(\.primitive)
    }
    let builtIn = try lines("swish")
    #expect(try lines(["expression": "x * sigmoid(x)"]).count == builtIn.count)
    #expect(try lines(["expression": "0.5 * x * (1 + erf(x / sqrt(2)))"]).count == builtIn.count)
    #expect(try lines(["expression": "x * tanh(softplus(x))"]).count == builtIn.count)
    #expect(try lines("mish").count == builtIn.count)
    let written = try lines(["expression": "x * sigmoid(x)"])
    #expect(written.contains { $0.hasSuffix("+expression_gradient") }, "\(written)")
  }
}
