import Autodiff
import Foundation
import JSON
import Kernels
import Tensors
import Testing

@testable import NeuralNetworks

/// Padding of the input, and which layers leave it out of account. What they give is in `Fixtures/layers/masked.json`.
@Suite struct PaddingTests {
  private func model(_ input: JSON, _ layers: [JSON]) throws -> Model {
    try Model(ModelSpec(["input": input, "layers": .array(layers)]))
  }

  /// The output for tokens or numbers, with weights that are a function of their place.
  private func output(_ model: Model, _ inputs: [Float], batch: Int) throws -> [Float] {
    var graph = Graph()
    let parts = try model.build(batch: batch, mode: .inference, into: &graph)
    let executor = try Executor(
      plan: Plan(graph, outputs: [parts.outputs[0]]), bindings: [:], team: ThreadTeam(threads: 1))
    for (index, value) in parts.parameters.enumerated() {
      let place = try #require(executor.place(of: value)).assumingMemoryBound(to: Float.self)
      for element in 0..<graph.shape(of: value).count {
        place[element] = Float((element * 37 + index * 11) % 23) / 23 - 0.5
      }
    }
    let input = try #require(executor.place(of: parts.inputs[0]))
    for (index, number) in inputs.enumerated() {
      if model.inputs[0].element == .int32 {
        input.storeBytes(of: Int32(number), toByteOffset: index * 4, as: Int32.self)
      } else {
        input.storeBytes(of: number, toByteOffset: index * 4, as: Float.self)
      }
    }
    executor.run()
    let floats = executor.pointer(to: parts.outputs[0]).assumingMemoryBound(to: Float.self)
    return (0..<graph.shape(of: parts.outputs[0]).count).map { floats[$0] }
  }

  @Test("ctc counts the steps that are real")
  func ctc() throws {
    let layers: [JSON] = [["type": "rnn", "units": 4, "return_sequences": true]]
    func loss(_ length: Int, _ inputs: [Float]) throws -> Float {
      let model = try model(["shape": [.integer(length), 2], "padding": 9], layers)
      var graph = Graph()
      let parts = try model.build(batch: 2, mode: .training, into: &graph)
      let labels = graph.constant(Tensor([1, 2, 3, 0] as [Int32], shape: [2, 2]))
      let loss = try LossCatalog.decode("ctc", pointer: "").build(
        output: parts.outputs[0], target: labels, mask: parts.outputMasks[0], in: &graph)
      let executor = try Executor(
        plan: Plan(graph, outputs: [loss]), bindings: [:], team: ThreadTeam(threads: 1))
      for (index, value) in parts.parameters.enumerated() {
        let place = try #require(executor.place(of: value)).assumingMemoryBound(to: Float.self)
        for element in 0..<graph.shape(of: value).count {
          place[element] = Float((element * 37 + index * 11) % 23) / 23 - 0.5
        }
      }
      let input = try #require(executor.place(of: parts.inputs[0]))
        .assumingMemoryBound(to: Float.self)
      for (index, number) in inputs.enumerated() { input[index] = number }
      executor.run()
      return executor.pointer(to: loss).assumingMemoryBound(to: Float.self).pointee
    }
    let (one, other): ([Float], [Float]) = (
      [0.3, -1, 0.7, 0.2, -0.4, 1.5], [1, 0, -2, 0.5, 0.1, 0.9]
    )
    let padding: [Float] = [9, 9, 9, 9]
    let short = try loss(3, one + other)
    #expect(short.isFinite && short > 0)
    #expect(try abs(loss(5, one + padding + other + padding) - short) < 1e-6)
  }

  /// Between the embedding and the end: what a mask has to come through.
  static let chains: [[JSON]] = [
    [["type": "lstm", "units": 3]],
    [["type": "gru", "units": 3, "layers": 2, "bidirectional": true]],
    [
      ["type": "dense", "units": 4, "activation": "tanh"], ["type": "layer_norm"],
      ["type": "rnn", "units": 3, "return_sequences": true], ["type": "global_avg_pool1d"],
    ],
    [
      ["type": "transformer_block", "heads": 2, "feed_forward": 5, "name": "block"],
      ["type": "dense", "units": 4, "name": "side", "inputs": "block"],
      ["type": "add", "inputs": ["block", "side"]], ["type": "global_max_pool1d"],
    ],
    [
      ["type": "multi_head_attention", "heads": 2, "positions": "rotary"],
      ["type": "activation", "activation": "gelu"],
      ["type": "lstm", "units": 2, "layer_norm": true],
    ],
  ]

  @Test("tokens that are padding behind a sequence change nothing", arguments: chains)
  func tokens(chain: [JSON]) throws {
    func made(_ length: Int) throws -> Model {
      try model(
        ["shape": [.integer(length)], "dtype": "int32", "vocabulary": 7, "padding": 0],
        [["type": "embedding", "dimensions": 4]] + chain)
    }
    let short = try output(made(3), [3, 1, 6, 2, 2, 5], batch: 2)
    let padded = try output(made(5), [3, 1, 6, 0, 0, 2, 2, 5, 0, 0], batch: 2)
    #expect(short.count == padded.count)
    for (a, b) in zip(short, padded) { #expect(abs(a - b) <= 1e-6, "\(padded) for \(short)") }
    #expect(Set(short).count > 1)
  }

  @Test("steps whose features all equal the padding change nothing", arguments: chains)
  func numbers(chain: [JSON]) throws {
    func made(_ length: Int) throws -> Model {
      try model(["shape": [.integer(length), 4], "padding": -1], chain)
    }
    // One feature alone is no padding.
    let sequence: [Float] = [0.5, -1, 2, 0.25, -1, -1, -1, 3]
    let short = try output(made(2), sequence, batch: 1)
    let padded = try output(made(4), sequence + [Float](repeating: -1, count: 8), batch: 1)
    for (a, b) in zip(short, padded) { #expect(abs(a - b) <= 1e-6, "\(padded) for \(short)") }
  }

  @Test("a layer that drops the mask counts padding like anything else")
  func dropped() throws {
    func made(_ length: Int) throws -> Model {
      try model(
        ["shape": [.integer(length), 1], "padding": 0],
        [["type": "permute", "axes": [0, 1]], ["type": "global_avg_pool1d"]])
    }
    #expect(try output(made(2), [4, 2], batch: 1) == [3])
    #expect(try output(made(4), [4, 2, 0, 0], batch: 1) == [1.5])
  }

  @Test("padding is a part of the spec, and read again")
  func spec() throws {
    let tokens = try model(
      ["shape": [4], "dtype": "int32", "vocabulary": 7, "padding": 2],
      [["type": "embedding", "dimensions": 2]])
    #expect(tokens.spec.json["input"]?["padding"] == 2)
    #expect(try ModelSpec(tokens.spec.json).json == tokens.spec.json)
    let numbers = try model(["shape": [4, 2], "padding": -1.5], [["type": "lstm", "units": 2]])
    #expect(try ModelSpec(numbers.spec.json).inputs[0].padding == -1.5)
  }

  @Test(
    "padding that can't be is refused",
    arguments: [
      (#"{"shape":[4],"dtype":"int32","vocabulary":7,"padding":7}"#, "no token from 0 to 6"),
      (#"{"shape":[4],"dtype":"int32","vocabulary":7,"padding":0.5}"#, "no token from 0 to 6"),
      (#"{"shape":[4,2],"dtype":"int32","vocabulary":7,"padding":0}"#, "[length] of tokens"),
      (#"{"shape":[4],"padding":0}"#, "[length, features]"),
      (#"{"shape":[1,4,4],"padding":0}"#, "[length, features]"),
    ])
  func faults(input: String, detail: String) throws {
    let json = try JSON(parsing: #"{"input":\#(input),"layers":[{"type":"flatten"}]}"#)
    let faults = #expect(throws: Faults.self) { try ModelSpec(json) }
    let found = faults?.all.first { $0.pointer == "/input/padding" }
    #expect(found?.detail.contains(detail) == true, "\(faults?.description ?? "")")
  }

  @Test("the page on sequences says of each layer what it makes of a mask")
  func documented() throws {
    let page = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../docs/sequences.md").standardizedFileURL
    let text = try String(contentsOf: page, encoding: .utf8)
    for masking in [Masking.keeps, .uses] {
      let row = try #require(
        text.split(separator: "\n").first { $0.hasPrefix("| \(masking.rawValue) ") })
      let named = row.split(separator: "`").enumerated().compactMap {
        $0 % 2 == 1 ? String($1) : nil
      }
      let wanted = LayerCatalog.all.filter { $0.masking == masking }.map { $0.type }
      #expect(Set(named) == Set(wanted), "\(masking): \(wanted)")
    }
  }
}
