import Autodiff
import Foundation
import JSON
import Kernels
import Tensors
import Testing

@testable import NeuralNetworks

/// A layer with its weights and inputs, and what PyTorch says comes of them; a case of `Fixtures/layers`.
struct LayerCase: CustomTestStringConvertible, Sendable {
  let json: JSON

  var testDescription: String { json["name"]?.string ?? "" }
  var type: String { json["layer"]?["type"]?.string ?? "" }

  /// The cases of all files.
  static let all: [LayerCase] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/layers")
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".json") }.sorted().flatMap { name -> [LayerCase] in
      guard let data = try? Data(contentsOf: folder.appending(path: name)),
        let cases = try? JSON(parsing: [UInt8](data)).array
      else {
        Issue.record("\(name) can't be read")
        return []
      }
      return cases.map(LayerCase.init)
    }
  }()

  /// An array of the fixture.
  struct Numbers {
    let name: String
    let shape: Shape
    let values: [Double]

    init(_ json: JSON) {
      name = json["name"]?.string ?? ""
      shape = Shape((json["shape"]?.array ?? []).compactMap(\.integer))
      values = (json["values"]?.array ?? []).compactMap(\.double)
    }

    func tensor(_ element: ElementType) -> Tensor {
      switch element {
      case .float64: Tensor(values, shape: shape)
      case .int32: Tensor(values.map { Int32($0) }, shape: shape)
      default: Tensor(values.map { Float($0) }, shape: shape)
      }
    }
  }

  var output: Numbers { Numbers(json["output"] ?? .null) }
  var cotangent: Numbers { Numbers(json["cotangent"] ?? .null) }
  var gradients: [Numbers] { (json["gradients"]?.array ?? []).map(Numbers.init) }
  var parameters: [Numbers] { (json["parameters"]?.array ?? []).map(Numbers.init) }
  /// What parameters that aren't learned hold before a pass, where the output depends on it.
  var states: [Numbers] { (json["states"]?.array ?? []).map(Numbers.init) }
  /// What they hold after it.
  var updates: [Numbers] { (json["updates"]?.array ?? []).map(Numbers.init) }
  var inputs: [Numbers] { (json["inputs"]?.array ?? []).map(Numbers.init) }
  /// The gradients with respect to the inputs, and the features of edges; `nil` for tokens.
  var inputGradients: [[Double]?] {
    let edges = json["graph"]?["edge_features"].map { [$0] } ?? []
    return ((json["inputs"]?.array ?? []) + edges).map {
      $0["gradient"]?.array?.compactMap(\.double)
    }
  }

  /// The layer as the spec has it.
  func layer() throws -> any Layer {
    var choice = try CatalogChoice(
      #require(json["layer"]), among: LayerCatalog.entries, kind: "a layer", pointer: "")
    let layer = Parametrization.read(LayerCatalog.all[choice.index], from: &choice.reader)
    try choice.reader.finish().check()
    return layer
  }

  /// The layer in a graph, with `Σ output · cotangent` as what is differentiated.
  struct Built {
    var graph: Graph
    let output: Value
    let loss: Value
    /// What is learned, in the fixture's order, and then the inputs of numbers.
    var variables: [(name: String, value: Value)]
    var contents: [Value: Tensor]

    /// Writes what inputs and parameters hold.
    func write(to executor: Executor) {
      for (value, tensor) in contents {
        guard let place = executor.place(of: value) else { continue }
        tensor.withUnsafeBytes { bytes in
          if let base = bytes.baseAddress { place.copyMemory(from: base, byteCount: bytes.count) }
        }
      }
    }
  }

  /// - Parameter mode: the fixture's when left out.
  func built(element: ElementType, mode: Mode? = nil) throws -> Built {
    let mode = mode ?? json["mode"]?.string.flatMap(Mode.init) ?? .training
    let given = GraphOfCase(json["graph"])
    let layer = try given.map { try $0.taken(by: self.layer()) } ?? self.layer()
    let shapes =
      given?.shapes ?? inputs.map { Shape(Array($0.shape.dimensions.dropFirst())) }
    let batch = given?.batch ?? inputs[0].shape[0]
    let outputShape = try layer.outputShape(of: shapes)
    let described = layer.allParameters(of: shapes, output: outputShape)
    #expect(described.filter(\.isTrainable).map(\.name) == parameters.map(\.name))
    #expect(described.filter(\.isTrainable).map(\.shape) == parameters.map(\.shape))
    #expect(outputShape.prepending(given?.rows ?? batch) == output.shape)

    var graph = Graph(element: element)
    var contents: [Value: Tensor] = [:]
    var variables: [(name: String, value: Value)] = []
    var inputValues: [Value] = []
    for (index, input) in inputs.enumerated() {
      let isTokens = json["inputs"]?.array?[index]["dtype"]?.string == "int32"
      let type = TensorType(input.shape, isTokens ? .int32 : element)
      let value = graph.input("input \(index)", type)
      contents[value] = input.tensor(type.element)
      inputValues.append(value)
    }
    var parameterValues: [Value] = []
    var learned = parameters[...]
    for parameter in described {
      let value = graph.parameter(parameter.name, parameter.shape)
      parameterValues.append(value)
      if parameter.isTrainable, let numbers = learned.popFirst() {
        contents[value] = numbers.tensor(element)
        variables.append((parameter.name, value))
      } else if let numbers = states.first(where: { $0.name == parameter.name }) {
        contents[value] = numbers.tensor(element)
      }
    }
    for (index, value) in inputValues.enumerated() where graph.type(of: value).element == element {
      variables.append(("input \(index)", value))
    }
    let count = layer.activationParameters(of: shapes, output: outputShape).count
    let masks = (json["masks"]?.array ?? []).map { mask -> Value? in
      guard mask.object != nil else { return nil }
      let numbers = Numbers(mask)
      let value = graph.input("mask", TensorType(numbers.shape, element))
      contents[value] = numbers.tensor(element)
      return value
    }
    var context = ForwardContext(
      layer: "layer", mode: mode, batch: batch, outputShape: outputShape,
      activationParameters: Array(parameterValues.suffix(count)), masks: masks)
    try given?.add(to: &context, in: &graph, element: element, &contents, &variables)
    let output = try layer.forward(
      inputValues, parameters: Array(parameterValues.dropLast(count)), context: context, in: &graph)
    let cotangent = graph.input("cotangent", TensorType(self.output.shape, element))
    contents[cotangent] = self.cotangent.tensor(element)
    let loss = try graph.sum(graph.multiply(output, cotangent))
    return Built(
      graph: graph, output: output, loss: loss, variables: variables, contents: contents)
  }
}
