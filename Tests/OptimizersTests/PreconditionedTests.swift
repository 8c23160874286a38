import Autodiff
import Foundation
import JSON
import Kernels
import Optimizers
import Tensors
import Testing

/// Shampoo and SOAP against their papers' formulas: `Fixtures/make_preconditioned.py` writes what is expected.
@Suite struct PreconditionedTests {
  static let fixture = Fixture.json("preconditioned.json")
  static let cases = (fixture["cases"]?.array ?? []).map(OptimizerReferenceTests.Case.init)

  @Test("the fixtures are there")
  func fixtures() { #expect(Self.cases.count == 5) }

  @Test("50 steps in float64 are the reference's to 1e-9", arguments: cases, [1, 2])
  func doublePrecision(expected: OptimizerReferenceTests.Case, threads: Int) throws {
    try OptimizerReferenceTests.check(
      expected, of: Self.fixture, Double.self, tolerance: 1e-9, threads: threads)
  }

  /// Roots and eigenvectors of what float32 sums are no better than those sums.
  @Test("50 steps in float32 are those in float64 to 1e-4", arguments: cases, [1, 2])
  func singlePrecision(expected: OptimizerReferenceTests.Case, threads: Int) throws {
    try OptimizerReferenceTests.check(
      expected, of: Self.fixture, Float.self, tolerance: 1e-4, threads: threads)
  }

  /// `½ tr(Cᵀ X D X)`-like: the loss `½ Σ (A X B)²` over `X` `[8, 6]`, with condition numbers of 10³ on each side.
  private func steps(_ optimizer: JSON, rate: Double) throws -> Int? {
    let (rows, columns) = (8, 6)
    func turned(_ size: Int, _ seed: UInt64) -> [[Double]] {
      // A Householder reflection, so that no axis is an eigenvector.
      var random = Philox(seed: seed, purpose: "turned").generator()
      let v = (0..<size).map { _ in random.uniform() - 0.5 }
      let square = v.reduce(0) { $0 + $1 * $1 }
      return (0..<size).map { i in
        (0..<size).map { j in
          let scale = (0..<size).map { pow(10, 1.5 * Double($0) / Double(size - 1)) }
          return (0..<size).reduce(0) { sum, k in
            let a = (i == k ? 1.0 : 0) - 2 * v[i] * v[k] / square
            let b = (j == k ? 1.0 : 0) - 2 * v[j] * v[k] / square
            return sum + a * scale[k] * scale[k] * b
          }
        }
      }
    }
    let (left, right) = (turned(rows, 1), turned(columns, 2))
    let parameters = ParameterStore([("x", [rows, columns])], element: .float64)
    let gradients = ParameterStore([("x", [rows, columns])], element: .float64)
    let x = parameters.pointer(0).assumingMemoryBound(to: Double.self)
    let g = gradients.pointer(0).assumingMemoryBound(to: Double.self)
    for index in 0..<rows * columns { x[index] = 1 }
    let bound = BoundOptimizer(
      try OptimizerChoice(optimizer, pointer: ""), parameters: parameters, gradients: gradients,
      team: ThreadTeam(threads: 1))
    var first = 0.0
    for step in 1...3000 {
      // G = P X Q, the loss is ½ <X, G>.
      var loss = 0.0
      for i in 0..<rows {
        for j in 0..<columns {
          var sum = 0.0
          for k in 0..<rows {
            for l in 0..<columns { sum += left[i][k] * x[k * columns + l] * right[l][j] }
          }
          g[i * columns + j] = sum
          loss += x[i * columns + j] * sum / 2
        }
      }
      if step == 1 { first = loss }
      if loss < 1e-6 * first { return step }
      bound.step(step, learningRate: rate / Double(step).squareRoot())
    }
    return nil
  }

  @Test("a badly conditioned quadratic of a matrix takes a fraction of Adam's steps")
  func conditioned() throws {
    func fewest(_ type: JSON) throws -> Int {
      try [0.03, 0.1, 0.3, 1].compactMap { try steps(type, rate: $0) }.min() ?? .max
    }
    let adam = try fewest("adam")
    let shampoo = try fewest(["type": "shampoo", "precondition_every": 1])
    let soap = try fewest(["type": "soap", "precondition_every": 1, "weight_decay": 0])
    #expect(shampoo < adam, "\(shampoo), \(soap), \(adam)")
    #expect(soap < adam, "\(shampoo), \(soap), \(adam)")
  }
}
