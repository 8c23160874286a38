import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct DivergenceTests {
  @Test("a loss that came down and rose again beyond where it began")
  func shows() throws {
    let losses: [Double] = (0..<200).map { step in
      let time = Double(step)
      return step < 100 ? 1 - time / 200 : 0.5 + (time - 100) / 20
    }
    let found = try #require(Divergence.look(at: Diagnosed.evidence(["train_loss": losses])).first)
    #expect(found.severity == .critical)
    #expect(found.fromStep <= 110)
  }

  @Test("a rate that a warm-up brings beyond what the curvature allows")
  func warmedUp() throws {
    let inputs = Diagnosed.noise(60).map { 3 * $0 }
    let noise = Diagnosed.noise(60, seed: 2)
    let examples = Diagnosed.pairs(inputs, zip(inputs, noise).map { 2 * $0 + 1 + 0.1 * $1 })
    func found(_ rate: Double) throws -> Finding? {
      try Diagnosed.line(
        examples, steps: 120, rate: rate,
        JSONObject([
          ("batch_size", 20), ("schedule", ["type": "constant", "warmup_steps": 100]),
        ]))["divergence"]?.first
    }
    let finding = try #require(try found(0.6))
    #expect(finding.severity == .critical)
    #expect(finding.fromStep > 20)
    #expect(try found(0.2) == nil)
  }

  @Test("noise around a loss that falls")
  func healthy() {
    let losses = Diagnosed.noise(300).enumerated().map {
      1 / (1 + Double($0) / 50) * (1 + 0.5 * $1)
    }
    #expect(Divergence.look(at: Diagnosed.evidence(["train_loss": losses])).isEmpty)
  }
}
