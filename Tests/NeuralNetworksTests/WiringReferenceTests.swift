import Autodiff
import Foundation
import JSON
import Kernels
import Tensors
import Testing

@testable import NeuralNetworks

/// Containers, sharing and free wiring against PyTorch: `Fixtures/make_wiring.py` writes what is expected.
@Suite struct WiringReferenceTests {
  struct Reference: CustomTestStringConvertible, Sendable {
    let json: JSON
    var testDescription: String { json["name"]?.string ?? "" }

    func model() throws -> Model { try Model(ModelSpec(#require(json["spec"]))) }
    func numbers(_ name: String) -> LayerCase.Numbers { LayerCase.Numbers(json[name] ?? .null) }
    func arrays(_ name: String) -> [LayerCase.Numbers] {
      (json[name]?.array ?? []).map(LayerCase.Numbers.init)
    }
  }

  static let references: [Reference] = {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/wiring.json")
    guard let data = try? Data(contentsOf: url), let json = try? JSON(parsing: [UInt8](data)) else {
      return []
    }
    return (json.array ?? []).map(Reference.init)
  }()

  @Test("the fixtures are there")
  func fixtures() {
    #expect(Self.references.count == 6)
  }

  @Test("parameters have the names, shapes and order of PyTorch's modules", arguments: references)
  func names(reference: Reference) throws {
    let model = try reference.model()
    #expect(model.parameters.map(\.name) == reference.arrays("parameters").map(\.name))
    #expect(model.parameters.map(\.shape) == reference.arrays("parameters").map(\.shape))
    #expect(model.learnedParameters.map(\.name) == reference.arrays("gradients").map(\.name))
  }

  @Test(
    "the canonical spec nests as the document does, and makes the same model", arguments: references
  )
  func canonical(reference: Reference) throws {
    let model = try reference.model()
    let again = try Model(ModelSpec(model.spec.json))
    #expect(again.spec.json == model.spec.json)
    #expect(again.layers == model.layers)
    #expect(again.parameters == model.parameters)
    #expect(
      model.spec.json["layers"]?.array?.count
        == reference.json["spec"]?["layers"]?.array?.count)
  }

  private struct Built {
    var graph: Graph
    let parts: Model.Parts
    let loss: Value
    var contents: [Value: Tensor] = [:]
    /// What is learned, and the input.
    var variables: [(name: String, value: Value)] = []
  }

  private func built(_ reference: Reference, element: ElementType) throws -> Built {
    let model = try reference.model()
    var graph = Graph(element: element)
    let output = reference.numbers("output")
    let parts = try model.build(batch: output.shape[0], mode: .training, into: &graph)
    #expect(graph.shape(of: parts.outputs[0]) == output.shape)
    let cotangent = graph.input("cotangent", TensorType(output.shape, element))
    let loss = try graph.sum(graph.multiply(parts.outputs[0], cotangent))
    var built = Built(graph: graph, parts: parts, loss: loss)
    built.contents[cotangent] = reference.numbers("cotangent").tensor(element)
    built.contents[parts.inputs[0]] = reference.numbers("input").tensor(element)
    for (value, numbers) in zip(parts.parameters, reference.arrays("parameters")) {
      built.contents[value] = numbers.tensor(element)
    }
    built.variables = model.learnedIndices.map {
      (model.parameters[$0].name, parts.parameters[$0])
    }
    built.variables.append(("input", parts.inputs[0]))
    return built
  }

  @Test(
    "output, states and every gradient are PyTorch's to 1e-5", arguments: references, [1, 2])
  func values(reference: Reference, threads: Int) throws {
    var built = try built(reference, element: .float32)
    let gradients = try built.graph.gradients(
      of: built.loss, withRespectTo: built.variables.map(\.value))
    let updates = built.graph.updates.map(\.value)
    let executor = try Executor(
      plan: Plan(built.graph, outputs: [built.parts.outputs[0]] + gradients + updates),
      bindings: [:],
      team: ThreadTeam(threads: threads))
    for (value, tensor) in built.contents {
      guard let place = executor.place(of: value) else { continue }
      tensor.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress { place.copyMemory(from: base, byteCount: bytes.count) }
      }
    }
    executor.run()
    let expected = reference.arrays("gradients") + [reference.numbers("input_gradient")]
    #expect(expected.count == gradients.count)
    let states = reference.arrays("states")
    #expect(states.count == updates.count)
    let pairs =
      [(built.parts.outputs[0], reference.numbers("output"))] + zip(gradients, expected)
      + zip(updates, states)
    for (value, numbers) in pairs {
      let floats = executor.pointer(to: value).assumingMemoryBound(to: Float.self)
      let scale = max(numbers.values.reduce(0) { max($0, abs($1)) }, 1e-3)
      let worst = numbers.values.indices.max {
        abs(Double(floats[$0]) - numbers.values[$0]) < abs(Double(floats[$1]) - numbers.values[$1])
      }
      guard let worst else { continue }
      #expect(
        abs(Double(floats[worst]) - numbers.values[worst]) <= 1e-5 * scale,
        "\(numbers.name)[\(worst)] is \(floats[worst]), PyTorch has \(numbers.values[worst])")
    }
  }

  /// The gradient takes the vectors of spectral norm for constants, so that it isn't the function's.
  private static let differentiated = references.filter {
    $0.testDescription != "shared spectral norm"
  }

  @Test("every gradient agrees with central differences", arguments: differentiated)
  func differences(reference: Reference) throws {
    let built = try built(reference, element: .float64)
    let findings = try GradientCheck().findings(
      graph: built.graph, loss: built.loss, variables: built.variables, contents: built.contents,
      team: ThreadTeam(threads: 1))
    for finding in findings { #expect(finding.relativeDifference < 1e-6, "\(finding)") }
  }
}
