import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct SaturatedActivationTests {
  @Test("tanh behind weights that are far too large")
  func shows() throws {
    let layer = Diagnosed.dense(
      16, "tanh", JSONObject([("initializer", ["type": "normal", "std": 60]), ("name", "hidden")]))
    let found = try Diagnosed.run([layer, Diagnosed.head])
    #expect(found["saturated_activation"]?.first?.layer == "hidden")
  }

  @Test("tanh by its own initializer")
  func healthy() throws {
    #expect(
      try Diagnosed.run([Diagnosed.dense(16, "tanh"), Diagnosed.head])["saturated_activation"]
        == nil)
  }
}
