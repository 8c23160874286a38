import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct InitialisationTests {
  private func run(_ deviation: Double) throws -> [Finding]? {
    let layer = Diagnosed.dense(
      32, "relu", JSONObject([("initializer", ["type": "normal", "std": .number(deviation)])]))
    return try Diagnosed.run(Array(repeating: layer, count: 6) + [Diagnosed.head])["initialisation"]
  }

  @Test("weights of 1 make outputs grow, weights of 0.05 make them fall")
  func shows() throws {
    let growing = try #require(try run(1)?.first)
    #expect(growing.explanation.contains("grows"))
    let falling = try #require(try run(0.05)?.first)
    #expect(falling.explanation.contains("falls"))
  }

  @Test("He's √(2/32) keeps them")
  func healthy() throws { #expect(try run(0.25) == nil) }
}
