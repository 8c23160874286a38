import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct ExplodingGradientTests {
  @Test("told before the norm overflows, with the steps that are left")
  func shows() throws {
    // A linear model with a rate beyond what its curvature allows: the error grows by a factor a step.
    let inputs: [Float] = (0..<60).map { Float($0 % 7) - 3 }
    let examples = MemoryExamples(
      inputs: inputs, shape: [1],
      targets: .numbers(inputs.map { 2 * $0 + 1 }, shape: [1]))
    let found = try Diagnosed.run(
      [["type": "dense", "units": 1]],
      JSONObject([
        ("steps", 40), ("batch_size", 60), ("loss", "mean_squared_error"), ("metrics", []),
        ("optimizer", ["type": "sgd", "learning_rate": 0.4]),
      ]), examples: examples, shape: [1])
    let finding = try #require(found["exploding_gradient"]?.first)
    #expect(finding.severity == .critical)
    let left = try #require(finding.evidence.first { $0.name == "steps_to_overflow" }?.value)
    #expect(left > 10 && left < 1_000, "\(left)")
    #expect(found["divergence"]?.first?.severity == .critical)
  }

  @Test("a norm that goes up and down doesn't count")
  func healthy() {
    let noise = Diagnosed.noise(200).map { exp($0) }
    #expect(ExplodingGradient.look(at: Diagnosed.evidence(["gradient_norm": noise])).isEmpty)
  }

  @Test("the forecast is that of a pure exponential")
  func forecast() throws {
    let norms = (0..<60).map { pow(2, Double($0)) }
    let found = try #require(
      ExplodingGradient.look(at: Diagnosed.evidence(["gradient_norm": norms])).first)
    // 2^59 now; 1.8e19 is a little less than 2^64.
    let left = try #require(found.evidence.first { $0.name == "steps_to_overflow" }?.value)
    #expect(left == 5)
  }
}
