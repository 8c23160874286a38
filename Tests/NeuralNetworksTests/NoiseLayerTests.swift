import Autodiff
import Foundation
import JSON
import Kernels
import Tensors
import Testing

@testable import NeuralNetworks

/// Layers whose draws are our own generator's, so that only what they are drawn from can be compared.
@Suite struct NoiseLayerTests {
  private static let layers: [JSON] = [
    ["type": "dropout", "rate": 0.3], ["type": "spatial_dropout", "rate": 0.3],
    ["type": "stochastic_depth", "rate": 0.3], ["type": "gaussian_noise", "std": 0.3],
    ["type": "alpha_dropout", "rate": 0.3], ["type": "gaussian_dropout", "rate": 0.3],
  ]

  /// A layer in a graph, with what it is fed.
  private struct Built {
    var graph: Graph
    var input: Value
    var output: Value
    var contents: [Value: Tensor]
  }

  private func built(
    _ layer: JSON, input shape: Shape, mode: Mode = .training, name: String = "noise",
    element: ElementType = .float32, seed: Int32 = 1, step: Int32 = 1
  ) throws -> Built {
    var choice = try CatalogChoice(
      layer, among: LayerCatalog.entries, kind: "a layer", pointer: "")
    let layer = LayerCatalog.all[choice.index].init(from: &choice.reader)
    try choice.reader.finish().check()
    var graph = Graph(element: element)
    let input = graph.input("x", TensorType(shape, element))
    let output = try layer.forward(
      [input], parameters: [],
      context: ForwardContext(
        layer: name, mode: mode, batch: shape[0], outputShape: shape.dropFirst(1)),
      in: &graph)
    var contents = [
      input: Tensor.table(shape, element) { Double($0 % 7) / 4 + 1 }
    ]
    if let random = graph.random {
      contents[random] = Tensor([seed, 0, step, 0] as [Int32], shape: [4])
    }
    return Built(graph: graph, input: input, output: output, contents: contents)
  }

  /// The output, each element divided by its input, or less it.
  private func effects(
    _ built: Built, threads: Int = 1, dividing: Bool = true
  ) throws -> [Double] {
    let executor = try Executor(
      plan: Plan(built.graph, outputs: [built.output]), bindings: [:],
      team: ThreadTeam(threads: threads))
    for (value, tensor) in built.contents {
      guard let place = executor.place(of: value) else { continue }
      tensor.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress { place.copyMemory(from: base, byteCount: bytes.count) }
      }
    }
    executor.run()
    let inputs = try #require(built.contents[built.input]).elements(of: Float.self)
    let outputs = executor.pointer(to: built.output).assumingMemoryBound(to: Float.self)
    return inputs.indices.map { index in
      let (x, y) = (Double(inputs[index]), Double(outputs[index]))
      return dividing ? y / x : y - x
    }
  }

  @Test("a draw is a function of seed, step and layer, on any number of threads", arguments: layers)
  func deterministic(layer: JSON) throws {
    let shape: Shape = [64, 40, 12]
    let first = try effects(built(layer, input: shape))
    #expect(try effects(built(layer, input: shape), threads: 2) == first)
    #expect(try effects(built(layer, input: shape, seed: 2)) != first)
    #expect(try effects(built(layer, input: shape, step: 2)) != first)
    #expect(try effects(built(layer, input: shape, name: "other")) != first)
  }

  @Test("nothing is done in inference, or without noise", arguments: layers)
  func inference(layer: JSON) throws {
    let inferred = try built(layer, input: [3, 4, 5], mode: .inference)
    #expect(inferred.output == inferred.input)
    let member = layer["std"] == nil ? "rate" : "std"
    let silent = try built(
      ["type": #require(layer["type"]), .init(stringLiteral: member): 0.0], input: [3, 4, 5])
    #expect(silent.output == silent.input)
  }

  @Test("every gradient agrees with central differences", arguments: layers)
  func differences(layer: JSON) throws {
    var built = try built(layer, input: [4, 3, 5], element: .float64)
    let weights = built.graph.input("weights", TensorType([4, 3, 5], .float64))
    built.contents[weights] = Tensor.table([4, 3, 5], .float64) { cos(Double($0)) }
    let loss = try built.graph.sum(
      built.graph.multiply(built.graph.square(built.output), weights))
    let findings = try GradientCheck().findings(
      graph: built.graph, loss: loss, variables: [("x", built.input)], contents: built.contents,
      team: ThreadTeam(threads: 1))
    for finding in findings {
      #expect(finding.relativeDifference < 1e-6 && finding.largestDerivative > 0.1, "\(finding)")
    }
  }

  /// Whether a share of `count` draws is within five standard deviations of what is expected.
  private func expectShare(_ found: Int, of count: Int, _ share: Double) {
    let deviation = (share * (1 - share) * Double(count)).squareRoot()
    #expect(abs(Double(found) - share * Double(count)) < 5 * deviation, "\(found) of \(count)")
  }

  @Test(
    "spatial dropout drops whole channels: the last axis of sequences, the first of images",
    arguments: [[500, 6, 8], [500, 8, 3, 2], [500, 8, 2, 2, 2]] as [Shape])
  func channels(shape: Shape) throws {
    let factors = try effects(built(["type": "spatial_dropout", "rate": 0.3], input: shape))
    let places = shape.count / 4000
    let isSequence = shape.rank == 3
    var dropped = 0
    for example in 0..<500 {
      for channel in 0..<8 {
        let own = (0..<places).map { place in
          factors[
            example * 8 * places + (isSequence ? place * 8 + channel : channel * places + place)]
        }
        if own[0] == 0 { dropped += 1 }
        let expected = own[0] == 0 ? 0 : 1 / 0.7
        #expect(own.allSatisfy { abs($0 - expected) < 1e-6 })
      }
    }
    expectShare(dropped, of: 4000, 0.3)
  }

  @Test(
    "stochastic depth drops whole examples and scales the others",
    arguments: [[4000], [4000, 3], [4000, 2, 2, 2]] as [Shape])
  func examples(shape: Shape) throws {
    let factors = try effects(built(["type": "stochastic_depth", "rate": 0.2], input: shape))
    let width = shape.count / 4000
    var dropped = 0
    for example in 0..<4000 {
      let own = factors[example * width..<(example + 1) * width]
      let isDropped = own.first == 0
      if isDropped { dropped += 1 }
      #expect(own.allSatisfy { abs($0 - (isDropped ? 0 : 1.25)) < 1e-6 })
    }
    expectShare(dropped, of: 4000, 0.2)
  }

  @Test("gaussian noise has a normal's mean, deviation and shares, and independent neighbours")
  func normal() throws {
    let shape: Shape = [400, 250]
    let noise = try effects(
      built(["type": "gaussian_noise", "std": 0.5], input: shape), dividing: false)
    let count = Double(noise.count)
    let mean = noise.reduce(0, +) / count
    let variance = noise.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    #expect(abs(mean) < 5 * 0.5 / count.squareRoot())
    #expect(abs(variance.squareRoot() - 0.5) < 5 * 0.5 / (2 * count).squareRoot())
    for (limit, share) in [(0.5, 0.6826895), (1.0, 0.9544997), (1.5, 0.9973002)] {
      expectShare(noise.count { abs($0) <= limit }, of: noise.count, share)
    }
    for distance in 1...4 {
      let products = zip(noise, noise.dropFirst(distance)).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(products / count / variance) < 5 / count.squareRoot(), "\(distance) apart")
    }
  }

  @Test("probabilities pass through noise: the final activation is that of the layer before")
  func finalActivation() throws {
    for layer in Self.layers where layer["type"] != "spatial_dropout" {
      let model = try Model(
        ModelSpec([
          "input": ["shape": [3]],
          "layers": [["type": "dense", "units": 4, "activation": "softmax"], layer],
        ]))
      #expect(model.finalActivation == Activation(kind: .softmax))
    }
  }
}
