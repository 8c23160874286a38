import Foundation
import Kernels
import Tensors
import Testing

@testable import Autodiff

/// Operations against PyTorch in float64: `Fixtures/make_operations.py` writes what is expected.
@Suite struct ReferenceTests {
  struct Contents: Decodable, Sendable {
    let shape: [Int]
    let values: [Double]
  }

  struct Reference: Decodable, Sendable, CustomTestStringConvertible {
    let operation: String
    let name: String
    let settings: [String: Setting]
    let inputs: [Contents]
    let output: Contents
    let weights: Contents
    let gradients: [Contents]

    var testDescription: String { "\(operation) \(name)" }

    func pair(_ name: String, _ otherwise: (Int, Int)) -> (Int, Int) {
      if case .pair(let pair) = settings[name], pair.count == 2 {
        (pair[0], pair[1])
      } else {
        otherwise
      }
    }

    var groups: Int { if case .number(let groups) = settings["groups"] { groups } else { 1 } }
  }

  enum Setting: Decodable, Sendable {
    case number(Int)
    case pair([Int])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int.self) {
        self = .number(number)
      } else {
        self = .pair(try container.decode([Int].self))
      }
    }
  }

  static let references: [Reference] = {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/operations.json")
    guard let data = try? Data(contentsOf: url) else { return [] }
    return (try? JSONDecoder().decode([Reference].self, from: data)) ?? []
  }()

  @Test("the fixtures are there")
  func fixtures() { #expect(Self.references.count > 30) }

  @Test(
    "output and gradients are PyTorch's", arguments: references,
    [ElementType.float64, .float32])
  func matches(reference: Reference, element: ElementType) throws {
    var graph = Graph(element: element)
    var contents: [Value: Tensor] = [:]
    var values: [Value] = []
    for (index, input) in reference.inputs.enumerated() {
      // The last input of cross entropy is classes.
      let isClasses = reference.operation == "softmax_cross_entropy" && index == 1
      let type = TensorType(Shape(input.shape), isClasses ? .int32 : element)
      let value = graph.input("input \(index)", type)
      contents[value] = Self.tensor(input.values, type)
      values.append(value)
    }
    let output = try Self.apply(reference, values, &graph)
    #expect(graph.shape(of: output).dimensions == reference.output.shape)
    let weights = Self.tensor(
      reference.weights.values, TensorType(Shape(reference.weights.shape), element))
    let loss = try graph.sum(graph.multiply(output, graph.constant(weights)))
    let targets = values.filter { graph.type(of: $0).element.isFloatingPoint }
    let gradients = try graph.gradients(of: loss, withRespectTo: targets)
    let plan = try Plan(graph, outputs: [output] + gradients)
    let found = try run(plan, graph: graph, contents: contents, threads: 2)
    let tolerance = element == .float64 ? 1e-12 : 2e-5
    Self.expect(found[0], reference.output.values, tolerance, "output")
    #expect(gradients.count == reference.gradients.count)
    for (index, gradient) in reference.gradients.enumerated() {
      Self.expect(found[index + 1], gradient.values, tolerance, "gradient \(index)")
    }
  }

  private static func apply(
    _ reference: Reference, _ x: [Value], _ graph: inout Graph
  ) throws -> Value {
    switch reference.operation {
    case "linear": try graph.linear(x[0], weight: x[1], bias: x[2])
    case "conv2d":
      try graph.conv2d(
        x[0], weight: x[1], bias: x[2], stride: reference.pair("stride", (1, 1)),
        padding: reference.pair("padding", (0, 0)), dilation: reference.pair("dilation", (1, 1)),
        groups: reference.groups)
    case "max_pool2d":
      try graph.maxPool2d(
        x[0], size: reference.pair("size", (1, 1)),
        stride: reference.pair("stride", reference.pair("size", (1, 1))),
        padding: reference.pair("padding", (0, 0)))
    case "softmax_cross_entropy": try graph.softmaxCrossEntropy(x[0], classIndices: x[1])
    case "binary_cross_entropy": try graph.binaryCrossEntropyWithLogits(x[0], targets: x[1])
    case "mean_squared_error": try graph.meanSquaredError(x[0], target: x[1])
    case "log_softmax": try graph.logSoftmax(x[0])
    case "relu": try graph.activation(.relu, x[0])
    case "sigmoid": try graph.activation(.sigmoid, x[0])
    case "tanh": try graph.activation(.tanh, x[0])
    case "leaky_relu": try graph.activation(.leakyRelu(0.2), x[0])
    case "elu": try graph.activation(.elu(0.7), x[0])
    case "gelu": try graph.activation(.gelu, x[0])
    case "gelu_tanh": try graph.activation(.geluTanh, x[0])
    case "swish": try graph.activation(.swish, x[0])
    default: try graph.activation(.softmax, x[0])
    }
  }

  private static func tensor(_ values: [Double], _ type: TensorType) -> Tensor {
    switch type.element {
    case .float64: Tensor(values, shape: type.shape)
    case .int32: Tensor(values.map { Int32($0) }, shape: type.shape)
    default: Tensor(values.map { Float($0) }, shape: type.shape)
    }
  }

  private static func expect(
    _ found: [Double], _ expected: [Double], _ tolerance: Double, _ name: String
  ) {
    guard found.count == expected.count else {
      Issue.record("\(name) has \(found.count) elements, PyTorch's has \(expected.count)")
      return
    }
    let scale = expected.reduce(1e-3) { max($0, abs($1)) }
    for (index, (a, b)) in zip(found, expected).enumerated()
    where !(abs(a - b) <= tolerance * scale) {
      Issue.record("\(name)[\(index)] is \(a), PyTorch has \(b)")
    }
  }
}
