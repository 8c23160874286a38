import Autodiff
import JSON
import NeuralNetworks
import Tensors
import Testing

@Suite struct ModelTests {
  /// The example of the HTTP contract.
  static let fashion: JSON = [
    "name": "fashion-cnn",
    "input": ["shape": [1, 28, 28]],
    "layers": [
      ["type": "conv2d", "filters": 32, "kernel": 3, "activation": "relu"],
      ["type": "max_pool2d", "size": 2],
      ["type": "flatten"],
      ["type": "dense", "units": 128, "activation": "relu", "name": "hidden"],
      ["type": "dropout", "rate": 0.5],
      ["type": "dense", "units": 10],
    ],
  ]

  @Test("shapes, parameters and costs of the contract's example are those of PyTorch")
  func fashionModel() throws {
    let model = try Model(ModelSpec(Self.fashion))
    #expect(model.name == "fashion-cnn")
    #expect(model.inputShape == [1, 28, 28])
    #expect(model.outputShape == [10])
    #expect(
      model.layers.map(\.name) == [
        "conv2d_0", "max_pool2d_1", "flatten_2", "hidden", "dropout_4", "dense_5",
      ])
    #expect(
      model.layers.map(\.outputShape) == [
        [32, 26, 26], [32, 13, 13], [5408], [128], [128], [10],
      ])
    #expect(
      model.parameters.map(\.name) == [
        "conv2d_0.weight", "conv2d_0.bias", "hidden.weight", "hidden.bias", "dense_5.weight",
        "dense_5.bias",
      ])
    #expect(
      model.parameters.map(\.shape) == [
        [32, 1, 3, 3], [32], [128, 5408], [128], [10, 128], [10],
      ])
    // 32·9 + 32, 128·5408 + 128, 10·128 + 10.
    #expect(model.layers.map(\.parameterCount) == [320, 0, 0, 692_352, 0, 1290])
    #expect(model.parameterCount == 693_962)
    // Products and sums of the kernel, the bias and relu for each output element.
    #expect(model.layers[0].forwardFlops == 32 * 26 * 26 * (2 * 9 + 1 + 1))
    #expect(model.layers[3].forwardFlops == 128 * (2 * 5408 + 1 + 1))
    #expect(model.layers[0].activationBytes == 32 * 26 * 26 * 4)
  }

  @Test("the canonical spec reads back to itself and spells out defaults")
  func canonical() throws {
    let spec = try ModelSpec(Self.fashion)
    let again = try ModelSpec(spec.json)
    #expect(again.json == spec.json)
    #expect(spec.json["layers"]?[0]?["name"] == "conv2d_0")
    #expect(spec.json["layers"]?[0]?["stride"] == [1, 1])
    #expect(spec.json["layers"]?[0]?["initializer"]?["type"] == "he_uniform")
    #expect(spec.json["layers"]?[5]?["initializer"]?["type"] == "glorot_uniform")
    #expect(spec.json["layers"]?[5]?["bias_initializer"] == "zeros")
    #expect(spec.json["input"]?["dtype"] == "float32")
  }

  @Test("padding by words is spelt in numbers")
  func padding() throws {
    let spec = try ModelSpec([
      "input": ["shape": [3, 10, 12]],
      "layers": [
        [
          "type": "conv2d", "filters": 4, "kernel": [3, 5], "padding": "same", "dilation": [2, 1],
        ],
        ["type": "conv2d", "filters": 4, "kernel": 3, "padding": "valid"],
      ],
    ])
    #expect(spec.layers.map(\.outputShape) == [[4, 10, 12], [4, 8, 10]])
    #expect(spec.json["layers"]?[0]?["padding"] == [2, 2])
    #expect(spec.json["layers"]?[1]?["padding"] == [0, 0])
  }

  @Test("a layer may name its input, and the canonical spec keeps it where it isn't the one before")
  func inputs() throws {
    let spec = try ModelSpec([
      "input": ["shape": [6]],
      "layers": [
        ["type": "dense", "units": 5, "name": "a", "inputs": "input"],
        ["type": "dense", "units": 4, "name": "b", "inputs": ["a"]],
      ],
    ])
    #expect(spec.layers.map(\.sources) == [[.input(0)], [.layer(0)]])
    #expect(spec.json["layers"]?[1]?["inputs"] == nil)
  }

  @Test("dense works on the last axis")
  func lastAxis() throws {
    let model = try Model(
      ModelSpec(["input": ["shape": [7, 5, 3]], "layers": [["type": "dense", "units": 2]]]))
    #expect(model.outputShape == [7, 5, 2])
    #expect(model.parameters[0].shape == [2, 3])
    var graph = Graph()
    let parts = try model.build(batch: 4, mode: .inference, into: &graph)
    #expect(graph.type(of: parts.outputs[0]).shape == [4, 7, 5, 2])
  }

  @Test("a graph has the spec's shapes and names at every layer", arguments: [1, 3])
  func graphShapes(batch: Int) throws {
    let model = try Model(ModelSpec(Self.fashion))
    var graph = Graph()
    let parts = try model.build(batch: batch, mode: .training, into: &graph)
    #expect(graph.type(of: parts.inputs[0]) == TensorType([batch, 1, 28, 28]))
    #expect(parts.layerOutputs.map(\.layer) == model.layers.map(\.name))
    #expect(
      parts.layerOutputs.map { graph.type(of: $0.value).shape }
        == model.layers.map { $0.outputShape.prepending(batch) })
    #expect(
      parts.parameters.map { graph.type(of: $0).shape } == model.parameters.map(\.shape))
  }

  @Test("the last activation is seen through dropout and flatten")
  func finalActivation() throws {
    func last(_ layers: JSON) throws -> Activation {
      try Model(ModelSpec(["input": ["shape": [4]], "layers": layers])).finalActivation
    }
    #expect(
      try last([["type": "dense", "units": 3, "activation": "softmax"], ["type": "flatten"]])
        == Activation(kind: .softmax))
    #expect(try last([["type": "dense", "units": 3]]) == .identity)
  }
}
