import Foundation
import Testing

@testable import Kernels

/// The functions of one number against the C library's in float64, over all floats.
@Suite struct FunctionTests {
  struct Reference: Sendable, CustomTestStringConvertible {
    let function: Kernels.Function
    /// How far the result may be off, in distances of two floats next to the exact one.
    let ulps: Double
    let exact: @Sendable (Double) -> Double

    /// Whether it is x times a function of x that may be very small.
    var isProduct: Bool { function == .swish || function == .gelu }
    var testDescription: String { "\(function)" }

    init(
      _ function: Kernels.Function, _ ulps: Double, _ exact: @escaping @Sendable (Double) -> Double
    ) {
      self.function = function
      self.ulps = ulps
      self.exact = exact
    }
  }

  private static func sigmoid(_ x: Double) -> Double {
    x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x))
  }

  static let references: [Reference] = [
    Reference(.exp, 2) { exp($0) }, Reference(.expm1, 2) { expm1($0) },
    Reference(.log, 2) { log($0) }, Reference(.log1p, 2) { log1p($0) },
    Reference(.tanh, 2) { tanh($0) }, Reference(.sigmoid, 2) { sigmoid($0) },
    Reference(.softplus, 2) { max($0, 0) + log1p(exp(-abs($0))) },
    Reference(.erf, 2) { erf($0) }, Reference(.squareRoot, 0.5) { $0.squareRoot() },
    Reference(.reciprocal, 0.5) { 1 / $0 }, Reference(.reciprocalSquareRoot, 2) { 1 / sqrt($0) },
    Reference(.sin, 2) { sin($0) }, Reference(.cos, 2) { cos($0) },
    Reference(.tan, 4) { tan($0) }, Reference(.asin, 2) { asin($0) },
    Reference(.acos, 3) { acos($0) }, Reference(.atan, 3) { atan($0) },
    Reference(.sinh, 2) { sinh($0) }, Reference(.cosh, 2) { cosh($0) },
    Reference(.asinh, 2) { asinh($0) }, Reference(.acosh, 2) { acosh($0) },
    Reference(.atanh, 2) { atanh($0) }, Reference(.relu, 0) { $0.isNaN ? $0 : max($0, 0) },
    Reference(.absolute, 0) { abs($0) }, Reference(.negate, 0) { -$0 },
    Reference(.square, 0.5) { $0 * $0 }, Reference(.swish, 4) { $0 * sigmoid($0) },
    Reference(.gelu, 5) { $0 * 0.5 * erfc(-$0 * 0.5.squareRoot()) },
    Reference(.leakyRelu(0.25), 0) { $0 > 0 ? $0 : 0.25 * $0 },
    Reference(.elu(0.75), 3) { $0 > 0 ? $0 : 0.75 * expm1($0) },
    Reference(.floor, 0) { floor($0) }, Reference(.ceiling, 0) { ceil($0) },
    Reference(.round, 0) { rint($0) }, Reference(.constant(0.75), 0) { _ in 0.75 },
  ]

  /// Every 65,537th of all bit patterns: numbers of each exponent and both signs, denormal ones, infinities and
  /// NaN; and the borders of the functions' cases.
  static let inputs: [Float] = {
    var all = stride(from: UInt32(0), to: UInt32.max - 65_537, by: 65_537).map(
      Float.init(bitPattern:))
    all += [0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
    all += [.leastNormalMagnitude, 1, -1, Float(1).nextUp, Float(1).nextDown, Float(-1).nextUp]
    all += stride(from: -20, through: 20, by: 0.0173).map { Float($0) }
    all += [87.3, 88.7, 88.8, 89.4, -87.3, -103.9, -104.1, 9.01, -9.01, -12.5, -14.2]
    return all
  }()

  @Test(
    "functions keep their bound over the whole float range, and the C library's special cases",
    arguments: references)
  func accuracy(reference: Reference) {
    var x = Self.inputs
    var y = [Float](repeating: 0, count: x.count)
    x.withUnsafeMutableBytes { px in
      y.withUnsafeMutableBytes { py in
        guard let px = px.baseAddress, let py = py.baseAddress else { return }
        let call = Kernels.elements(
          ElementProgram(.unary(reference.function)), "f", .float32,
          inputs: [(px, [Self.inputs.count])], y: py, shape: [Self.inputs.count])
        for tile in 0..<call.tiles { call.run(tile: tile) }
      }
    }
    var worst = (error: 0.0, input: Float(0), found: Float(0))
    for (input, found) in zip(Self.inputs, y) {
      let expected = reference.exact(Double(input))
      if expected.isNaN {
        #expect(found.isNaN, "f(\(input)) is \(found)")
      } else if !Float(expected).isFinite || !found.isFinite {
        // Just below the largest float a rounding may make it infinite.
        let isNearLimit = abs(expected) > Double(Float.greatestFiniteMagnitude.nextDown)
        #expect(found == Float(expected) || isNearLimit, "f(\(input)) is \(found)")
      } else {
        // What x is multiplied by may be a denormal float, whose rounding x then makes larger.
        let rounding =
          reference.isProduct ? abs(Double(input)) * Double(Float.leastNonzeroMagnitude) : 0
        let distance = max(0, abs(Double(found) - expected) - rounding)
        let error = distance / Double(Float(expected).ulp)
        if error > worst.error { worst = (error, input, found) }
      }
    }
    // The nearest float of the exact result is half an ulp off.
    #expect(
      worst.error <= max(reference.ulps, 0.5),
      "f(\(worst.input)) is \(worst.found), \(worst.error) ulp off")
  }

  @Test("powers keep their bound, and the C library's special cases")
  func powers() {
    let some: [Float] = [
      0, -0.0, 1, -1, 2, -2, 0.5, 3, -3, 1e-30, 1e30, 7.25, .infinity, -.infinity, .nan,
      Float(bitPattern: 700), 0.1,
      1.0000001, -0.3333,
    ]
    var pairs: [(Float, Float)] = []
    for a in some { for b in some { pairs.append((a, b)) } }
    for step in 0..<2000 {
      pairs.append((Float(step) * 0.013 + 0.001, Float(step % 97) * 0.7 - 30))
    }
    var (a, b) = (pairs.map(\.0), pairs.map(\.1))
    var y = [Float](repeating: 0, count: a.count)
    a.withUnsafeMutableBytes { pa in
      b.withUnsafeMutableBytes { pb in
        y.withUnsafeMutableBytes { py in
          guard let pa = pa.baseAddress, let pb = pb.baseAddress, let py = py.baseAddress
          else { return }
          let shape: [Int] = [pairs.count]
          let call = Kernels.elements(
            ElementProgram(.binary(.power)), "power", .float32,
            inputs: [(pa, .init(shape)), (pb, .init(shape))], y: py, shape: .init(shape))
          for tile in 0..<call.tiles { call.run(tile: tile) }
        }
      }
    }
    for (pair, found) in zip(pairs, y) {
      let expected = pow(Double(pair.0), Double(pair.1))
      if expected.isNaN {
        #expect(found.isNaN, "\(pair) is \(found)")
      } else if !Float(expected).isFinite {
        #expect(found == Float(expected), "\(pair) is \(found)")
      } else {
        let error = abs(Double(found) - expected) / Double(Float(expected).ulp)
        #expect(error <= 1, "\(pair) is \(found), \(error) ulp off")
      }
    }
  }
}
