import NeuralNetworks
import Tensors
import Testing

@testable import Training

/// One variable, whose derivative is known on paper.
@Suite struct GradientComparisonTests {
  private static let step = 1e-5

  private func verdict(
    _ analytic: Double, at x: Double, step: Double = step, of f: @escaping (Double) -> Double
  ) -> GradientComparison.Verdict {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 1) { place in
      place[0] = x
      guard let pointer = place.baseAddress else { return .fails }
      var comparison = GradientComparison(
        GradientCheckConfiguration(loss: MeanSquaredError(), step: step),
        loss: { f(pointer.pointee) })
      let verdict = comparison.compare(analytic, largest: abs(analytic), at: pointer).verdict
      #expect(pointer.pointee == x)
      return verdict
    }
  }

  @Test("a right derivative agrees, a wrong one fails", arguments: [1e-5, 1e-4, 0.01, 1, -2])
  func smooth(error: Double) {
    let f: (Double) -> Double = { $0 * $0 * $0 + 2 * $0 }
    #expect(verdict(3 * 0.49 + 2, at: 0.7, of: f) == .agrees)
    #expect(verdict(3 * 0.49 + 2 + error, at: 0.7, of: f) == .fails)
  }

  @Test(
    "a change of slope within the step is a kink, wherever it lies",
    arguments: [0, 0.01, 0.1, 0.24, 0.26, 1 / 3.0, 0.4, 0.49, 0.51, 0.75, 0.95])
  func kink(distance: Double) {
    for curvature in [0.0, 3, -3] {
      for jump in [1.0, -1, 0.01] {
        let bend = 0.5 + distance * Self.step
        let f: (Double) -> Double = { x in
          let y = x - 0.5
          return y + curvature * y * y / 2 + jump * max(0, x - bend)
        }
        #expect(verdict(1, at: 0.5, of: f) == .kink)
        #expect(verdict(4, at: 0.5, of: f) == .fails)
        // A smaller step doesn't reach it, unless it is at the point itself.
        #expect(verdict(1, at: 0.5, step: Self.step / 200, of: f) != .fails)
      }
    }
  }

  @Test("a kink doesn't excuse a derivative that is on neither side of it")
  func wrongAtKink() {
    let f: (Double) -> Double = { max(0, $0) }
    for right in [0.0, 0.3, 1] { #expect(verdict(right, at: 0, of: f) == .kink) }
    for wrong in [-0.1, 1.1, 5] { #expect(verdict(wrong, at: 0, of: f) == .fails) }
  }

  @Test("a change of the second derivative is a kink too")
  func secondDerivative() {
    let f: (Double) -> Double = { $0 + ($0 > 0 ? 4 * $0 * $0 : -$0 * $0) }
    #expect(verdict(1, at: 0, of: f) == .kink)
    #expect(verdict(1.001, at: 0, of: f) == .fails)
  }

  @Test("what isn't finite fails")
  func notFinite() {
    #expect(verdict(.nan, at: 1, of: { $0 }) == .fails)
    #expect(verdict(.infinity, at: 1, of: { $0 }) == .fails)
    #expect(verdict(1, at: 0, of: { $0 > 0 ? .nan : $0 }) == .fails)
  }

  @Test("elements come once each, in an order of the seed's")
  func order() {
    func all(_ count: Int, seed: UInt64) -> [Int] {
      var order = ElementOrder(
        count: count, generator: Philox(seed: seed, purpose: "test").generator())
      var elements: [Int] = []
      while let element = order.next() { elements.append(element) }
      return elements
    }
    for count in [0, 1, 2, 7, 1000] {
      #expect(all(count, seed: 1).sorted() == Array(0..<count))
      #expect(all(count, seed: 1) == all(count, seed: 1))
    }
    #expect(all(1000, seed: 1) != all(1000, seed: 2))
    #expect(all(1000, seed: 1) != Array(0..<1000))
  }
}
