import Foundation
import Testing

@testable import Kernels

@Suite struct FunctionTests {
  /// What the C library makes of a function in float64.
  static let references: [(Kernels.Function, @Sendable (Double) -> Double)] = [
    (.exp, { exp($0) }), (.log, { log($0) }), (.tanh, { tanh($0) }),
    (.sigmoid, { $0 < 0 ? exp($0) / (1 + exp($0)) : 1 / (1 + exp(-$0)) }),
    (.relu, { $0.isNaN ? $0 : max($0, 0) }), (.squareRoot, { $0.squareRoot() }),
    (.swish, { $0 < 0 ? $0 * exp($0) / (1 + exp($0)) : $0 / (1 + exp(-$0)) }),
    (.gelu, { $0 * 0.5 * erfc(-$0 / 2.0.squareRoot()) }),
  ]

  /// Numbers of every exponent and both signs, the borders, and what isn't finite.
  static let inputs: [Float] = {
    var all: [Float] = [0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude]
    for exponent in stride(from: -149, through: 127, by: 1) {
      for fraction in [1, 1.2345, 1.75] as [Float] {
        let number = fraction * Float(sign: .plus, exponent: exponent, significand: 1)
        all += [number, -number]
      }
    }
    all += stride(from: -20, through: 20, by: 0.0173).map { Float($0) }
    all += [87.3, 88.7, 88.8, -87.3, -103.9, -104.1, 9.01, -9.01]
    return all
  }()

  @Test(
    "functions keep within 4 units in the last place of the C library's over the whole float range",
    arguments: references.indices)
  func accuracy(index: Int) {
    let (function, reference) = Self.references[index]
    var x = Self.inputs
    var y = [Float](repeating: 0, count: x.count)
    x.withUnsafeMutableBytes { px in
      y.withUnsafeMutableBytes { py in
        guard let px = px.baseAddress, let py = py.baseAddress else { return }
        let call = Kernels.elements(
          ElementProgram(.unary(function)), "f", .float32, inputs: [(px, [Self.inputs.count])],
          y: py, shape: [Self.inputs.count])
        for tile in 0..<call.tiles { call.run(tile: tile) }
      }
    }
    for (input, found) in zip(Self.inputs, y) {
      let expected = reference(Double(input))
      if expected.isNaN {
        #expect(found.isNaN, "\(function) of \(input) is \(found)")
      } else if !Float(expected).isFinite {
        #expect(found == Float(expected), "\(function) of \(input) is \(found)")
      } else {
        // gelu is x / 2 (1 + erf(x / √2)), whose sum cancels where x is very negative: there its error
        // is small beside the input only. Denormal results may be flushed.
        let scale = function == .gelu ? abs(input) : Float(expected)
        let allowed = 4 * Double(max(scale.ulp, Float.leastNormalMagnitude / 4))
        #expect(
          abs(Double(found) - expected) <= allowed,
          "\(function) of \(input) is \(found), not \(expected)")
      }
    }
  }
}
