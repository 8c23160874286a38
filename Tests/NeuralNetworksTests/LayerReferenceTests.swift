import Autodiff
import Kernels
import Tensors
import Testing

@testable import NeuralNetworks

/// Every layer of the catalog against PyTorch and against differences.
@Suite struct LayerReferenceTests {
  /// What these give is drawn by our own generator, so that PyTorch has nothing to compare with; their
  /// tests are in `NoiseLayerTests`.
  private static let random: Set = [
    "dropout", "spatial_dropout", "gaussian_noise", "stochastic_depth", "alpha_dropout",
    "gaussian_dropout", "drop_block",
  ]

  @Test("every layer of the catalog has a case")
  func coverage() {
    let missing = Set(LayerCatalog.entries.map(\.type))
      .subtracting(LayerCase.all.map(\.type)).subtracting(Self.random)
    #expect(missing.isEmpty, "no case for \(missing.sorted())")
  }

  @Test("every activation of the catalog has a case")
  func activations() {
    let tried = LayerCase.all.filter { $0.type == "activation" }.compactMap { layerCase in
      let activation = layerCase.json["layer"]?["activation"]
      return activation?.string ?? activation?["type"]?.string
    }
    let missing = Set(ActivationCatalog.entries.map(\.type)).subtracting(tried)
    #expect(missing.isEmpty, "no case for \(missing.sorted())")
  }

  @Test("output and every gradient are PyTorch's to 1e-5", arguments: LayerCase.all, [1, 2])
  func reference(layerCase: LayerCase, threads: Int) throws {
    var built = try layerCase.built(element: .float32)
    let gradients = try built.graph.gradients(
      of: built.loss, withRespectTo: built.variables.map(\.value))
    let executor = try Executor(
      plan: Plan(built.graph, outputs: [built.output] + gradients), bindings: [:],
      team: ThreadTeam(threads: threads))
    built.write(to: executor)
    executor.run()
    expect(executor.pointer(to: built.output), equals: layerCase.output.values, "output")
    let expected =
      layerCase.gradients.map(\.values) + layerCase.inputGradients.compactMap { $0 }
    #expect(expected.count == gradients.count)
    for ((variable, gradient), values) in zip(zip(built.variables, gradients), expected) {
      expect(executor.pointer(to: gradient), equals: values, "the gradient of \(variable.name)")
    }
  }

  private static let updating = LayerCase.all.filter { !$0.updates.isEmpty }

  @Test("running statistics and power iterations are PyTorch's after a pass", arguments: updating)
  func updates(layerCase: LayerCase) throws {
    let built = try layerCase.built(element: .float32)
    let updates = built.graph.updates
    let executor = try Executor(
      plan: Plan(built.graph, outputs: [built.output] + updates.map(\.value)), bindings: [:],
      team: ThreadTeam(threads: 1))
    built.write(to: executor)
    executor.run()
    #expect(updates.count == layerCase.updates.count)
    for (update, expected) in zip(updates, layerCase.updates) {
      expect(executor.pointer(to: update.value), equals: expected.values, expected.name)
    }
  }

  @Test("what only infers changes nothing")
  func inferring() throws {
    let cases = LayerCase.all.filter { $0.json["mode"] == "inference" }
    #expect(!cases.isEmpty)
    for layerCase in cases {
      #expect(try layerCase.built(element: .float32).graph.updates.isEmpty)
    }
  }

  /// Truncation and power iterations leave a part of the gradient out, so that it isn't the function's.
  private static let untruncated = LayerCase.all.filter { used in
    ["truncate", "spectral_norm"].allSatisfy { used.json["layer"]?[$0] == nil }
  }

  @Test("every gradient agrees with central differences", arguments: untruncated)
  func differences(layerCase: LayerCase) throws {
    let built = try layerCase.built(element: .float64)
    let findings = try GradientCheck().findings(
      graph: built.graph, loss: built.loss, variables: built.variables, contents: built.contents,
      team: ThreadTeam(threads: 1))
    for finding in findings {
      #expect(finding.relativeDifference < 1e-6, "\(finding)")
    }
  }

  /// Compares with the largest element as the scale: small ones are differences of larger ones.
  private func expect(
    _ pointer: UnsafeMutableRawPointer, equals expected: [Double], _ name: String
  ) {
    let floats = pointer.assumingMemoryBound(to: Float.self)
    let scale = max(expected.reduce(0) { max($0, abs($1)) }, 1e-3)
    for (index, value) in expected.enumerated() {
      let found = Double(floats[index])
      guard abs(found - value) <= 1e-5 * scale else {
        Issue.record(
          "\(name)[\(index)] is \(found), PyTorch has \(value), the largest is \(scale)")
        return
      }
    }
  }
}
