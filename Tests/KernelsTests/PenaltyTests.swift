import Tensors
import Testing

@testable import Kernels

/// Penalties and constraints against sums written out here, and penalties against central differences.
@Suite struct PenaltyTests {
  private static let counts = [1, 15, 16, 17, 100, 40_000]

  /// Numbers of both signs, with zeros between them.
  private func numbers(_ count: Int, seed: UInt64 = 5) -> [Double] {
    var random = Philox(seed: seed, purpose: "penalties").generator()
    return (0..<count).map { $0 % 7 == 3 ? 0 : 2 * random.uniform() - 1 }
  }

  /// The gradient after a pass, and the penalty.
  private func penalised<Number: BinaryFloatingPoint>(
    _ weights: [Number], _ gradient: [Number], l1: Double, l2: Double, threads: Int,
    _ element: ElementType
  ) -> ([Number], Double) {
    var gradient = gradient
    var weights = weights
    let tiles = PenaltyKernels.tiling(count: weights.count).tiles
    var sums = [PenaltySums](repeating: PenaltySums(), count: tiles)
    let count = weights.count
    weights.withUnsafeMutableBytes { w in
      gradient.withUnsafeMutableBytes { g in
        sums.withUnsafeMutableBufferPointer { sums in
          guard let w = w.baseAddress, let g = g.baseAddress, let sums = sums.baseAddress else {
            return
          }
          KernelSequence([
            PenaltyKernels.penalty(
              gradient: g, parameter: w, count: count, element: element, l1: l1, l2: l2,
              sums: sums)
          ]).run(on: ThreadTeam(threads: threads))
        }
      }
    }
    return (gradient, sums.reduce(0) { $0 + $1.penalty(l1: l1, l2: l2) })
  }

  @Test(
    "the sum is l1 Σ|w| + l2 Σw², and the gradient gains l1 sign(w) + 2 l2 w", arguments: counts)
  func values(count: Int) {
    let (weights, gradient) = (numbers(count), numbers(count, seed: 6))
    let (l1, l2) = (0.25, 0.5)
    let expected = weights.reduce(0) { $0 + l1 * abs($1) + l2 * $1 * $1 }
    let (found, sum) = penalised(weights, gradient, l1: l1, l2: l2, threads: 1, .float64)
    #expect(abs(sum - expected) <= 1e-12 * expected + 1e-300)
    for index in weights.indices {
      let sign = weights[index] > 0 ? 1.0 : weights[index] < 0 ? -1 : 0
      let wanted = gradient[index] + l1 * sign + 2 * l2 * weights[index]
      #expect(abs(found[index] - wanted) < 1e-14)
    }
    let (floats, floatSum) = penalised(
      weights.map { Float($0) }, gradient.map { Float($0) }, l1: l1, l2: l2, threads: 1, .float32)
    #expect(abs(floatSum - expected) <= 1e-6 * expected + 1e-300)
    for index in weights.indices { #expect(abs(Double(floats[index]) - found[index]) < 1e-6) }
    for threads in [2, 3] {
      let (others, sum) = penalised(
        weights.map { Float($0) }, gradient.map { Float($0) }, l1: l1, l2: l2, threads: threads,
        .float32)
      #expect(others == floats && sum == floatSum)
    }
  }

  @Test("the gradient is the central difference of the sum, but 0 where a weight is 0")
  func differences() {
    let weights = numbers(50)
    let zeros = [Double](repeating: 0, count: 50)
    let step = 1e-6
    for (l1, l2) in [(0.3, 0.0), (0.0, 0.7), (0.2, 0.4)] {
      let (gradient, _) = penalised(weights, zeros, l1: l1, l2: l2, threads: 1, .float64)
      for index in weights.indices {
        func sum(_ change: Double) -> Double {
          var moved = weights
          moved[index] += change
          return penalised(moved, zeros, l1: l1, l2: l2, threads: 1, .float64).1
        }
        let difference = (sum(step) - sum(-step)) / (2 * step)
        #expect(abs(gradient[index] - difference) < 1e-8, "\(l1), \(l2), \(weights[index])")
      }
    }
  }

  @Test("a strength of 0 takes nothing of a weight that isn't finite")
  func unsound() {
    let (gradient, sum) = penalised(
      [Double.infinity, 1], [0, 0], l1: 0, l2: 0, threads: 1, .float64)
    #expect(sum == 0 && gradient[1] == 0)
  }

  private func constrained(
    _ weights: [Float], _ layout: IncomingWeights, threads: Int = 1,
    _ call: (UnsafeMutableRawPointer) -> KernelCall
  ) -> [Float] {
    var weights = weights
    weights.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      KernelSequence([call(base)]).run(on: ThreadTeam(threads: threads))
    }
    return weights
  }

  private static let layouts = [
    IncomingWeights(groups: 5, length: 3), IncomingWeights(groups: 300, length: 200),
    IncomingWeights(groups: 2, runs: 3, unitsInGroup: 4, length: 9),
    IncomingWeights(groups: 1, runs: 7, unitsInGroup: 40, length: 1),
  ]

  @Test(
    "a norm above the limit comes down to it, and one below stays bit for bit", arguments: layouts)
  func bounded(layout: IncomingWeights) {
    let weights = numbers(layout.count).enumerated().map { Float($1) * Float($0 % 5) / 2 }
    func units(_ weights: [Float]) -> [[Float]] {
      (0..<layout.units).map { unit in
        let (group, place) = (unit / layout.unitsInGroup, unit % layout.unitsInGroup)
        return (0..<layout.runs).flatMap { run in
          (0..<layout.length).map { element in
            weights[
              ((group * layout.runs + run) * layout.unitsInGroup + place) * layout.length + element]
          }
        }
      }
    }
    func norm(_ weights: [Float]) -> Double {
      weights.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
    let before = units(weights)
    let norms = before.map(norm).sorted()
    let limit = norms[norms.count / 2] * 0.999
    let bounded = constrained(weights, layout) {
      ConstraintKernels.boundNorm($0, layout, limit: limit, element: .float32)
    }
    for (old, new) in zip(before, units(bounded)) {
      if norm(old) <= limit {
        #expect(old == new)
      } else {
        #expect(norm(new) <= limit && norm(new) > limit * (1 - 1e-6))
        let factor = limit / norm(old)
        for (old, new) in zip(old, new) { #expect(abs(Double(new) - Double(old) * factor) < 1e-6) }
      }
    }
    let again = constrained(bounded, layout) {
      ConstraintKernels.boundNorm($0, layout, limit: limit, element: .float32)
    }
    #expect(again == bounded)
    let spread = constrained(weights, layout, threads: 3) {
      ConstraintKernels.boundNorm($0, layout, limit: limit, element: .float32)
    }
    #expect(spread == bounded)
    let unit = constrained(weights, layout) {
      ConstraintKernels.unitNorm($0, layout, element: .float32)
    }
    for (old, new) in zip(before, units(unit)) {
      #expect(norm(old) == 0 ? new == old : abs(norm(new) - 1) < 1e-6)
    }
    let positive = constrained(weights, layout) {
      ConstraintKernels.nonNegative($0, count: layout.count, element: .float32)
    }
    #expect(positive == weights.map { max($0, 0) })
  }
}
