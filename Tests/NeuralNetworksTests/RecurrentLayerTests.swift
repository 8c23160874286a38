import Autodiff
import JSON
import Kernels
import Tensors
import Testing

@testable import NeuralNetworks

/// What PyTorch has no numbers for: dropout within recurrent layers, and their limits.
@Suite struct RecurrentLayerTests {
  private static let types = ["rnn", "lstm", "gru"]

  private func model(_ layer: JSON, input: JSON = [6, 4]) throws -> Model {
    try Model(ModelSpec(["input": ["shape": input], "layers": [layer]]))
  }

  /// The output of a batch of ones with weights that are a function of their place.
  private func output(_ model: Model, mode: Mode, seed: UInt64, step: UInt64) throws -> [Float] {
    var graph = Graph()
    let parts = try model.build(batch: 3, mode: mode, into: &graph)
    let executor = try Executor(
      plan: Plan(graph, outputs: [parts.outputs[0]]), bindings: [:], team: ThreadTeam(threads: 2))
    for (index, value) in parts.parameters.enumerated() {
      let place = try #require(executor.place(of: value)).assumingMemoryBound(to: Float.self)
      for element in 0..<graph.shape(of: value).count {
        place[element] = Float((element * 37 + index * 11) % 23) / 23 - 0.5
      }
    }
    let input = try #require(executor.place(of: parts.inputs[0])).assumingMemoryBound(
      to: Float.self)
    for element in 0..<graph.shape(of: parts.inputs[0]).count { input[element] = 1 }
    if let random = graph.random, let place = executor.place(of: random) {
      let words = [seed, step].flatMap {
        [UInt32(truncatingIfNeeded: $0), UInt32(truncatingIfNeeded: $0 >> 32)]
      }
      words.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress { place.copyMemory(from: base, byteCount: bytes.count) }
      }
    }
    executor.run()
    let floats = executor.pointer(to: parts.outputs[0]).assumingMemoryBound(to: Float.self)
    return (0..<graph.shape(of: parts.outputs[0]).count).map { floats[$0] }
  }

  @Test(
    "dropout between layers and of the state is a function of seed and step, and absent in inference",
    arguments: types, ["dropout", "recurrent_dropout"])
  func dropout(type: String, field: String) throws {
    let members: [(String, JSON)] = [
      ("type", .string(type)), ("units", 5), ("layers", 2), ("bidirectional", true),
    ]
    let plain = try model(.object(JSONObject(members)))
    let dropping = try model(.object(JSONObject(members + [(field, 0.5)])))
    let expected = try output(plain, mode: .inference, seed: 1, step: 1)
    #expect(try output(dropping, mode: .inference, seed: 1, step: 1) == expected)
    #expect(try output(plain, mode: .training, seed: 1, step: 1) == expected)
    let first = try output(dropping, mode: .training, seed: 1, step: 1)
    #expect(first != expected)
    #expect(try output(dropping, mode: .training, seed: 1, step: 1) == first)
    #expect(try output(dropping, mode: .training, seed: 1, step: 2) != first)
    #expect(try output(dropping, mode: .training, seed: 2, step: 1) != first)
  }

  @Test("the state's factors are the same at all steps: what is dropped never comes back")
  func variational() throws {
    var graph = Graph()
    let x = graph.input("x", TensorType([1, 4, 2], .float32))
    // Each unit takes its own state alone, so that a dropped one forgets everything.
    let weight = graph.constant(Tensor([1, 0, 0, 1] as [Float], shape: [2, 2]))
    let factors = graph.constant(Tensor([0, 2] as [Float], shape: [1, 2]))
    let y = try graph.rnn(
      x, weight: weight, isRectified: true, options: RecurrentOptions(factors: factors))
    let executor = try Executor(
      plan: Plan(graph, outputs: [y]), bindings: [:], team: ThreadTeam(threads: 1))
    let input = try #require(executor.place(of: x)).assumingMemoryBound(to: Float.self)
    for element in 0..<8 { input[element] = 1 }
    executor.run()
    let found = executor.pointer(to: y).assumingMemoryBound(to: Float.self)
    // h' = 1 + 0 h stays 1; h' = 1 + 2 h is 1, 3, 7, 15.
    #expect((0..<8).map { found[$0] } == [1, 1, 1, 3, 1, 7, 1, 15])
  }

  @Test("parameters have PyTorch's names, shapes and order", arguments: types)
  func parameters(type: String) throws {
    let model = try model([
      "type": .string(type), "name": "r", "units": 5, "layers": 2, "bidirectional": true,
    ])
    let names = ["l0", "l0_reverse", "l1", "l1_reverse"].flatMap { end in
      ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map { "r.\($0)_\(end)" }
    }
    #expect(model.parameters.map(\.name) == names)
    let rows = ["rnn": 5, "lstm": 20, "gru": 15][type] ?? 0
    #expect(
      model.parameters.map(\.shape).prefix(4) == [[rows, 4], [rows, 5], [rows], [rows]])
    #expect(model.parameters[8].shape == [rows, 10])
    #expect(model.outputShape == [10])
    #expect(try ModelSpec(model.spec.json).json == model.spec.json)
  }

  @Test(
    "a layer that hands its state on can't read backwards, and has no parameters for it",
    arguments: types)
  func stateful(type: String) throws {
    let plain: JSON = ["type": .string(type), "name": "r", "units": 5, "layers": 2]
    let stateful = try model(.object(JSONObject(plain.object!.members + [("stateful", true)])))
    #expect(stateful.isStateful)
    #expect(try !model(plain).isStateful)
    #expect(stateful.parameters == (try model(plain)).parameters)
    #expect(try ModelSpec(stateful.spec.json).json == stateful.spec.json)
    var graph = Graph()
    _ = try stateful.build(batch: 3, mode: .training, into: &graph)
    let names = ["r.l0", "r.l1"].flatMap { layer in
      (type == "lstm" ? ["h", "c"] : ["h"]).map { "\(layer).\($0)" }
    }
    #expect(graph.states.map(\.name) == names)
    #expect(graph.states.allSatisfy { graph.shape(of: $0.value) == [3, 5] })
    let faults = #expect(throws: Faults.self) {
      try model(["type": .string(type), "units": 5, "bidirectional": true, "stateful": true])
    }
    #expect(faults?.all.map(\.pointer) == ["/layers/0/stateful"])
  }

  @Test("a long sequence is one operation a direction, but not with layer normalisation")
  func limits() throws {
    let long: JSON = [100_000, 1]
    #expect(try model(["type": "lstm", "units": 1], input: long).outputShape == [1])
    #expect(throws: Faults.self) {
      try model(["type": "lstm", "units": 1, "layer_norm": true], input: long)
    }
  }
}
