import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct DataRulesTests {
  private func run(_ inputs: [Float], _ classes: [Int32]) throws -> [String: [Finding]] {
    try Diagnosed.run(
      [Diagnosed.dense(8), Diagnosed.head], JSONObject([("epochs", 2)]),
      examples: MemoryExamples(
        inputs: inputs, shape: [2], targets: .classes(classes, count: 3)))
  }

  private let noise = Diagnosed.noise(400).map { Float($0) }

  @Test("one class in twenty")
  func imbalance() throws {
    let classes = (0..<200).map { Int32($0 % 20 == 0 ? 1 : $0 % 40 == 1 ? 2 : 0) }
    let found = try #require(try run(noise, classes)["class_imbalance"]?.first)
    #expect(found.evidence.contains { $0.name == "rarest_class" && $0.value == 2 })
  }

  @Test("a column that is the class")
  func leakage() throws {
    let classes = (0..<200).map { Int32($0 % 3) }
    var inputs = noise
    for row in 0..<200 { inputs[2 * row + 1] = Float(classes[row]) - 1 }
    let found = try run(inputs, classes)
    #expect(found["target_leakage"]?.map(\.parameter) == ["column 1"])
    #expect(found["class_imbalance"] == nil)
  }

  @Test("inputs in thousands, and columns of very different sizes")
  func unscaled() throws {
    let classes = (0..<200).map { Int32($0 % 3) }
    #expect(try run(noise.map { $0 * 1_000 }, classes)["unscaled_inputs"]?.count == 1)
    var uneven = noise
    for row in 0..<200 { uneven[2 * row] *= 9 }
    for row in 0..<200 { uneven[2 * row + 1] *= 0.05 }
    #expect(try run(uneven, classes)["unscaled_inputs"]?.count == 1)
  }

  @Test("points of equal classes in a square around zero")
  func healthy() throws {
    let found = try run(noise, (0..<200).map { Int32($0 % 3) })
    for rule in ["class_imbalance", "target_leakage", "unscaled_inputs"] {
      #expect(found[rule] == nil)
    }
  }
}
