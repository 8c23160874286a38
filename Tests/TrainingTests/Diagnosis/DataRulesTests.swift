import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct DataRulesTests {
  private func run(
    _ inputs: [Float], _ classes: [Int32], validation: Double? = nil
  ) throws -> [String: [Finding]] {
    var training = JSONObject([("epochs", 2)])
    if let validation { training["validation"] = ["fraction": .number(validation)] }
    return try Diagnosed.run(
      [Diagnosed.dense(8), Diagnosed.head], training,
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

  @Test("examples that train and validate, and columns that lie elsewhere in both")
  func splits() throws {
    let classes = (0..<200).map { Int32($0 % 3) }
    // The second half again is the first.
    let twice = noise[..<200] + noise[..<200]
    let found = try run(Array(twice), classes, validation: 0.5)
    #expect(
      (found["shared_examples"]?.first?.evidence.first { $0.name == "shared" }?.value ?? 0) >= 10)
    #expect(found["split_drift"] == nil)
    let apart = try run(noise, classes, validation: 0.5)
    #expect(apart["shared_examples"] == nil && apart["split_drift"] == nil)
    let drift = DataFacts.Column(mean: 3, standardDeviation: 1)
    var facts = DataFacts(columns: [.init(mean: 0, standardDeviation: 1), drift])
    facts.validationColumns = [drift, drift]
    facts.validationExamples = 80
    let evidence = Evidence(
      facts: RunFacts(
        layers: [], parameters: [], batchSize: 8, totalSteps: 10, stepsPerEpoch: 5,
        hasValidation: true, data: facts))
    let moved = try #require(SplitDrift.look(at: evidence).first)
    #expect(moved.parameter == "column 0" && moved.evidence.first?.value == 3)
    facts.validationExamples = 10
    #expect(
      SplitDrift.look(
        at: Evidence(
          facts: RunFacts(
            layers: [], parameters: [], batchSize: 8, totalSteps: 10, stepsPerEpoch: 5,
            hasValidation: true, data: facts))
      ).isEmpty)
  }

  @Test("columns of one value, and ones that number the rows, by their names")
  func idle() throws {
    var facts = DataFacts()
    facts.constantColumns = ["country"]
    facts.identifierColumns = ["row"]
    let found = IdleColumns.look(
      at: Evidence(
        facts: RunFacts(
          layers: [], parameters: [], batchSize: 8, totalSteps: 10, stepsPerEpoch: 5,
          hasValidation: false, data: facts)))
    #expect(found.map(\.parameter) == ["column \"country\"", "column \"row\""])
    #expect(found.allSatisfy { $0.severity == .info })
  }

  @Test("points of equal classes in a square around zero")
  func healthy() throws {
    let found = try run(noise, (0..<200).map { Int32($0 % 3) })
    for rule in ["class_imbalance", "target_leakage", "unscaled_inputs", "idle_columns"] {
      #expect(found[rule] == nil)
    }
  }
}
