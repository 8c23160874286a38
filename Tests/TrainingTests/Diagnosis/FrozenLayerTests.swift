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

  @Test("a layer that a group of the optimizer holds still on purpose")
  func heldStill() throws {
    let layers = [Diagnosed.dense(8, "tanh", JSONObject([("name", "first")])), Diagnosed.head]
    func run(_ groups: JSON) throws -> Set<String> {
      let found = try Diagnosed.run(
        layers,
        JSONObject([
          ("epochs", 40), ("optimizer", ["type": "sgd", "learning_rate": 0.1, "groups": groups]),
        ]))
      return Set(found.keys)
    }
    let rules: Set = ["frozen_layer", "unchanged_tensor", "update_ratio"]
    // A rate of 0 may be a slip; "frozen" is none.
    #expect(
      try run([["layers": ["first"], "learning_rate": 0]]).contains("frozen_layer"))
    #expect(try run([["layers": ["first"], "frozen": true]]).isDisjoint(with: rules))
  }

  @Test("layers that learn")
  func healthy() throws {
    let found = try Diagnosed.run([Diagnosed.dense(16), Diagnosed.head])
    for rule in ["frozen_layer", "unchanged_tensor", "zero_tensor"] { #expect(found[rule] == nil) }
  }
}
