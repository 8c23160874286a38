import Autodiff
import Foundation
import JSON
import Kernels
import NeuralNetworks
import Tensors
import Testing

/// Whole models against PyTorch: `Fixtures/make_models.py` writes what is expected.
@Suite struct ReferenceTests {
  struct Reference: CustomTestStringConvertible, Sendable {
    let json: JSON
    var testDescription: String { json["name"]?.string ?? "" }

    func numbers(_ name: String) -> [Double] { json[name]?.array?.compactMap(\.double) ?? [] }
    func arrays(_ name: String) -> [(name: String, values: [Double])] {
      (json[name]?.array ?? []).map { entry in
        (entry["name"]?.string ?? "", entry["values"]?.array?.compactMap(\.double) ?? [])
      }
    }
  }

  static let references: [Reference] = {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/models.json")
    guard let data = try? Data(contentsOf: url), let json = try? JSON(parsing: data) else {
      return []
    }
    return (json.array ?? []).map(Reference.init)
  }()

  @Test("the fixtures are there")
  func fixtures() {
    #expect(Self.references.map(\.testDescription) == ["mlp", "cnn", "regression", "yes_or_no"])
  }

  @Test("parameters have PyTorch's names, shapes and order", arguments: references)
  func parameters(reference: Reference) throws {
    let model = try Model(ModelSpec(#require(reference.json["spec"])))
    let expected = reference.json["parameters"]?.array ?? []
    #expect(model.parameters.map(\.name) == expected.compactMap { $0["name"]?.string })
    #expect(
      model.parameters.map { $0.shape.dimensions }
        == expected.map { ($0["shape"]?.array ?? []).compactMap(\.integer) })
  }

  @Test(
    "output, loss and every gradient are PyTorch's to 1e-5", arguments: references, [1, 2])
  func forwardAndGradients(reference: Reference, threads: Int) throws {
    let model = try Model(ModelSpec(#require(reference.json["spec"])))
    let loss = try LossCatalog.decode(#require(reference.json["loss"]), pointer: "")
    let batch = try #require(reference.json["batch"]?.integer)
    let encoding: TargetEncoding =
      reference.json["loss"] == "cross_entropy" ? .classIndices() : .values

    var graph = Graph()
    let parts = try model.build(batch: batch, mode: .training, into: &graph)
    let target = graph.input(
      "target", loss.targetType(batch: batch, output: model.outputShape, encoding: encoding))
    let value = try loss.build(output: parts.outputs[0], target: target, in: &graph)
    let gradients = try graph.gradients(of: value, withRespectTo: parts.parameters)

    let descriptions = model.parameters.map { (name: $0.name, shape: $0.shape) }
    let store = ParameterStore(descriptions, element: .float32)
    let derivatives = ParameterStore(descriptions, element: .float32)
    var bindings: [Value: UnsafeMutableRawPointer] = [:]
    for (index, parameter) in reference.arrays("parameters").enumerated() {
      Self.write(parameter.values, to: store.pointer(index))
      bindings[parts.parameters[index]] = store.pointer(index)
      bindings[gradients[index]] = derivatives.pointer(index)
    }
    let plan = try Plan(graph, outputs: [value, parts.outputs[0]] + gradients)
    let executor = try Executor(
      plan: plan, bindings: bindings, team: ThreadTeam(threads: threads))
    Self.write(reference.numbers("input"), to: executor.pointer(to: parts.inputs[0]))
    let targets = reference.numbers("target")
    if encoding == .classIndices() {
      let pointer = executor.pointer(to: target).assumingMemoryBound(to: Int32.self)
      for (index, element) in targets.enumerated() { pointer[index] = Int32(element) }
    } else {
      Self.write(targets, to: executor.pointer(to: target))
    }
    executor.run()

    Self.expect(
      executor.pointer(to: parts.outputs[0]), equals: reference.numbers("output"), "output")
    let expectedLoss = try #require(reference.json["loss_value"]?.double)
    Self.expect(executor.pointer(to: value), equals: [expectedLoss], "loss")
    let expected = reference.arrays("gradients")
    #expect(expected.count == gradients.count)
    for (index, gradient) in expected.enumerated() {
      Self.expect(derivatives.pointer(index), equals: gradient.values, gradient.name)
    }
  }

  private static func write(_ values: [Double], to pointer: UnsafeMutableRawPointer) {
    let floats = pointer.assumingMemoryBound(to: Float.self)
    for (index, value) in values.enumerated() { floats[index] = Float(value) }
  }

  /// Compares with the largest element as the scale: small ones are differences of larger ones.
  private static func expect(
    _ pointer: UnsafeMutableRawPointer, equals expected: [Double], _ name: String
  ) {
    let floats = pointer.assumingMemoryBound(to: Float.self)
    let scale = expected.reduce(0) { max($0, abs($1)) }
    #expect(scale > 0, "\(name) of the fixture is all zeros")
    for (index, value) in expected.enumerated() {
      let found = Double(floats[index])
      #expect(
        abs(found - value) <= 1e-5 * scale,
        "\(name)[\(index)] is \(found), PyTorch has \(value), the largest is \(scale)")
    }
  }
}
