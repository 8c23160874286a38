import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct UpdateRatioTests {
  private func run(_ rate: Double, decay: Double = 0) throws -> [Finding]? {
    try Diagnosed.run(
      [Diagnosed.dense(16, "tanh"), Diagnosed.head],
      JSONObject([
        ("steps", 300),
        (
          "optimizer",
          [
            "type": "adamw", "learning_rate": .number(rate), "weight_decay": .number(decay),
          ]
        ),
      ]))["update_ratio"]
  }

  @Test("steps far too small and far too large")
  func shows() throws {
    let small = try #require(try run(1e-7)?.first)
    #expect(small.severity == .warning)
    #expect(small.advice.text.hasPrefix("Raise"))
    let large = try #require(try run(0.3, decay: 1)?.first)
    #expect(large.advice.text.hasPrefix("Lower"))
  }

  @Test("beyond ten times the bound it is a warning, within it isn't even told")
  func bounds() {
    func severity(_ ratio: Double) -> Finding.Severity? {
      var evidence = Evidence(
        facts: RunFacts(
          layers: [],
          parameters: [
            RunFacts.Parameter(name: "a.weight", layer: "a", count: 100, isWeight: true)
          ],
          batchSize: 8, totalSteps: 1_000, stepsPerEpoch: 10, hasValidation: false))
      for step in 1...300 {
        var block = StepBlock(parameterCount: 1)
        block.firstStep = step
        block.losses = [1]
        block.epochs = [1]
        block.learningRates = [0.1]
        block.seconds = [1]
        block.measured = [0]
        block.gradients = [ParameterGradient(norm: 1, largest: 1, mean: 0)]
        block.updates = [ParameterUpdate(weightNorm: 2, updateNorm: 2 * ratio)]
        evidence.add(block)
      }
      return UpdateRatio.look(at: evidence).first?.severity
    }
    #expect(severity(0.5) == .warning)
    #expect(severity(0.02) == .info)
    #expect(severity(1e-3) == nil)
    #expect(severity(5e-5) == .info)
    #expect(severity(5e-6) == .warning)
  }

  @Test("steps of a usual size")
  func healthy() throws { #expect(try run(1e-3) == nil) }
}
