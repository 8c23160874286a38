import Autodiff
import Foundation
import JSON
import Kernels
import NeuralNetworks
import Tensors
import Testing

/// Every loss of the catalog against PyTorch and against differences; `Fixtures/make_losses.py` writes the cases.
@Suite struct LossReferenceTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let json: JSON

    var type: String { json["loss"]?.string ?? json["loss"]?["type"]?.string ?? "" }
    var testDescription: String { "\(type) of \(shape("shape"))" }

    func numbers(_ name: String) -> [Double] { json[name]?.array?.compactMap(\.double) ?? [] }
    func shape(_ name: String) -> Shape {
      Shape((json[name]?.array ?? []).compactMap(\.integer))
    }

    /// The loss of a prediction in a graph, and what the two hold.
    func built(
      _ element: ElementType
    ) throws -> (graph: Graph, output: Value, loss: Value, contents: [Value: Tensor]) {
      func floats(_ name: String, _ shape: Shape) -> Tensor {
        element == .float64
          ? Tensor(numbers(name), shape: shape)
          : Tensor(numbers(name).map { Float($0) }, shape: shape)
      }
      var graph = Graph(element: element)
      let isClass = json["classes"]?.bool == true
      let (shape, targetShape) = (shape("shape"), shape("target_shape"))
      let output = graph.input("output", TensorType(shape, element))
      let target = graph.input("target", TensorType(targetShape, isClass ? .int32 : element))
      let loss = try LossCatalog.decode(json["loss"] ?? .null, pointer: "")
      let value = try loss.build(output: output, target: target, in: &graph)
      let targets =
        isClass
        ? Tensor(numbers("target").map { Int32($0) }, shape: targetShape)
        : floats("target", targetShape)
      return (graph, output, value, [output: floats("output", shape), target: targets])
    }
  }

  static let cases: [Case] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    return ["losses.json", "losses_expression.json"].flatMap { name -> [Case] in
      guard let data = try? Data(contentsOf: folder.appending(path: name)),
        let json = try? JSON(parsing: [UInt8](data))
      else {
        Issue.record("\(name) can't be read")
        return []
      }
      return (json.array ?? []).map(Case.init)
    }
  }()

  @Test("every loss of the catalog has a case")
  func coverage() {
    let missing = Set(LossCatalog.entries.map(\.type)).subtracting(Self.cases.map(\.type))
    #expect(missing.isEmpty, "no case for \(missing.sorted())")
  }

  @Test("value and gradient are PyTorch's to 1e-5", arguments: cases)
  func reference(lossCase: Case) throws {
    var built = try lossCase.built(.float32)
    let gradient = try built.graph.gradients(of: built.loss, withRespectTo: [built.output])[0]
    let executor = try Executor(
      plan: Plan(built.graph, outputs: [built.loss, gradient]), bindings: [:],
      team: ThreadTeam(threads: 1))
    for (value, tensor) in built.contents {
      guard let place = executor.place(of: value) else { continue }
      tensor.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress { place.copyMemory(from: base, byteCount: bytes.count) }
      }
    }
    executor.run()
    let found = executor.pointer(to: built.loss).assumingMemoryBound(to: Float.self)
    let expected = try #require(lossCase.json["value"]?.double)
    #expect(abs(Double(found.pointee) - expected) <= 1e-5 * max(abs(expected), 1))
    let slopes = executor.pointer(to: gradient).assumingMemoryBound(to: Float.self)
    let numbers = lossCase.numbers("gradient")
    let scale = numbers.reduce(0) { max($0, abs($1)) }
    for (index, number) in numbers.enumerated() {
      #expect(abs(Double(slopes[index]) - number) <= 1e-5 * scale)
    }
  }

  // A variance below the least has a gradient, as in PyTorch, though the value stays.
  @Test(
    "the gradient agrees with central differences",
    arguments: cases.filter { $0.json["differs"] == nil })
  func differences(lossCase: Case) throws {
    let built = try lossCase.built(.float64)
    let findings = try GradientCheck().findings(
      graph: built.graph, loss: built.loss, variables: [("output", built.output)],
      contents: built.contents, team: ThreadTeam(threads: 1))
    for finding in findings { #expect(finding.relativeDifference < 1e-7, "\(finding)") }
  }
}
