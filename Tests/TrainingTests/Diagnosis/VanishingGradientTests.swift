import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct VanishingGradientTests {
  @Test("ten sigmoid layers vanish, by about the largest slope a layer")
  func shows() throws {
    let layers = Array(
      repeating: Diagnosed.dense(
        32, "sigmoid", JSONObject([("initializer", ["type": "normal", "std": 0.18])])), count: 10)
    let found = try #require(
      try Diagnosed.run(layers + [Diagnosed.head])["vanishing_gradient"]?.first)
    #expect(found.severity == .critical)
    #expect(found.layer == "dense_0")
    let slope = try #require(found.evidence.first { $0.name == "decades_per_layer" }?.value)
    // 0.25 times the weights' scale √32 0.18 ≈ 1.02 a layer.
    #expect(abs(slope - 0.6) < 0.15, "\(slope)")
    #expect(found.advice.field == "/model/layers")
  }

  @Test("rectified layers by He's initializer with residuals don't")
  func healthy() throws {
    let block: JSON = [
      "type": "residual",
      "layers": [Diagnosed.dense(32, "relu", JSONObject([("initializer", "he_normal")]))],
    ]
    let layers = [Diagnosed.dense(32)] + Array(repeating: block, count: 9) + [Diagnosed.head]
    #expect(try Diagnosed.run(layers)["vanishing_gradient"] == nil)
  }
}
