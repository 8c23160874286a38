import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct SmallBatchNormTests {
  private func run(_ batch: Int) throws -> [Finding]? {
    try Diagnosed.run(
      [Diagnosed.dense(8), ["type": "batch_norm", "name": "norm"], Diagnosed.head],
      JSONObject([("batch_size", .integer(batch))]))["small_batch_norm"]
  }

  @Test("four examples at a time")
  func shows() throws { #expect(try run(4)?.first?.layer == "norm") }

  @Test("twenty")
  func healthy() throws { #expect(try run(20) == nil) }
}
