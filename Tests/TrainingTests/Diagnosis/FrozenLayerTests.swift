import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct FrozenLayerTests {
  @Test("a weight whose inputs are all zero, beside a bias that learns")
  func unchanged() throws {
    let found = try Diagnosed.run(
      [Diagnosed.dense(8, "tanh", JSONObject([("name", "first")])), Diagnosed.head],
      JSONObject([("epochs", 8), ("optimizer", ["type": "sgd", "learning_rate": 0.1])]),
      examples: MemoryExamples(
        inputs: [Float](repeating: 0, count: 240), shape: [2],
        targets: .classes((0..<120).map { Int32($0 % 3 == 0 ? 0 : 1) }, count: 3)))
    #expect(found["unchanged_tensor"]?.map(\.parameter) == ["first.weight"])
    #expect(found["zero_tensor"]?.map(\.parameter) == ["first.weight"])
    #expect(found["frozen_layer"] == nil)
  }

  @Test("layers that learn")
  func healthy() throws {
    let found = try Diagnosed.run([Diagnosed.dense(16), Diagnosed.head])
    for rule in ["frozen_layer", "unchanged_tensor", "zero_tensor"] { #expect(found[rule] == nil) }
  }
}
