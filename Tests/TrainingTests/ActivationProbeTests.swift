import Testing

@testable import Training

@Suite struct ActivationProbeTests {
  @Test("counts dead units over the batch and flat elements by the activation's kind")
  func relu() {
    // Two examples of three units: the first unit is always zero.
    let probe = ActivationProbe(layer: "hidden", activation: .relu, shape: [2, 3])
    let record = probe.measure([0, 1, 0, 0, 3, 2], gradient: [Float](repeating: 0, count: 6), step: 7)
    #expect(record.deadFraction == 1.0 / 3)
    #expect(record.saturatedFraction == 0.5)
    #expect(record.mean == 1)
    // numpy.std([0, 1, 0, 0, 3, 2])
    #expect(abs(record.standardDeviation - 1.1547005383792515) < 1e-12)
    #expect(record.minimum == 0)
    #expect(record.maximum == 3)
  }

  @Test("a channel of an image is one unit, dead only when every pixel is zero")
  func channels() {
    let probe = ActivationProbe(layer: "conv2d_0", activation: .relu, shape: [1, 2, 1, 2])
    #expect(probe.measure([0, 0, 0, 5], gradient: [Float](repeating: 0, count: 4), step: 1).deadFraction == 0.5)
  }

  @Test("sigmoid and tanh are flat at both ends, and what isn't finite is counted beside")
  func saturation() {
    let tanh = ActivationProbe(layer: "t", activation: .tanh, shape: [1, 4])
    #expect(tanh.measure([-0.999, 0.999, 0.5, 0.9], gradient: [Float](repeating: 0, count: 4), step: 1).saturatedFraction == 0.5)
    let sigmoid = ActivationProbe(layer: "s", activation: .sigmoid, shape: [1, 4])
    let record = sigmoid.measure([0.001, 0.999, 0.5, .nan], gradient: [Float](repeating: 0, count: 4), step: 1)
    #expect(record.saturatedFraction == 0.5)
    #expect(record.nonFiniteCount == 1)
    // numpy.mean(numpy.float32([0.001, 0.999, 0.5]), dtype=float64)
    #expect(abs(record.mean - 0.5) < 1e-8)
  }
}
