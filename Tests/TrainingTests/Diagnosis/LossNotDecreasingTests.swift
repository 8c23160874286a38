import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct LossNotDecreasingTests {
  private func run(_ rate: Double) throws -> [String: [Finding]] {
    try Diagnosed.run(
      [Diagnosed.dense(16), Diagnosed.head],
      JSONObject([
        ("steps", 400), ("optimizer", ["type": "sgd", "learning_rate": .number(rate)]),
      ]))
  }

  @Test("a rate with which nothing happens")
  func shows() throws {
    let found = try run(1e-9)
    #expect(found["loss_not_decreasing"]?.count == 1)
    #expect(found["underfit"]?.count == 1)
  }

  @Test("a rate with which it learns")
  func healthy() throws {
    let found = try run(0.3)
    #expect(found["loss_not_decreasing"] == nil)
    #expect(found["underfit"] == nil)
  }
}
