import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct DeadReLUTests {
  @Test("units behind a large negative bias")
  func shows() throws {
    let dead: JSON = [
      "type": "dense", "units": 16, "activation": "relu", "name": "hidden",
      "bias_initializer": ["type": "constant", "value": -20],
    ]
    let found = try Diagnosed.run([dead, Diagnosed.head])
    #expect(found["dead_relu"]?.first?.layer == "hidden")
    #expect(found["dead_relu"]?.first?.severity == .critical)
    // Nothing of the layer moves, and all of its gradients are zero.
    #expect(found["frozen_layer"]?.first?.layer == "hidden")
    #expect(found["zero_tensor"]?.compactMap(\.parameter).contains("hidden.weight") == true)
  }

  @Test("a layer of which some units speak")
  func healthy() throws {
    #expect(try Diagnosed.run([Diagnosed.dense(16), Diagnosed.head])["dead_relu"] == nil)
  }
}
