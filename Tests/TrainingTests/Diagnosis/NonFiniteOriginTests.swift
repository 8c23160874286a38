import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct NonFiniteOriginTests {
  @Test("names the layer and the operation")
  func shows() throws {
    let layer = Diagnosed.dense(8, ["expression": "log(x)"], JSONObject([("name", "broken")]))
    let found = try #require(
      try Diagnosed.run([layer, Diagnosed.head])["non_finite_origin"]?.first)
    #expect(found.severity == .critical)
    #expect(found.layer == "broken")
    #expect(found.explanation.contains("expression"))
    #expect(found.advice.field == "/model")
  }
}
