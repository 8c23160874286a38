import Kernels

/// Where kernels leave the statistics of gradients: one entry a tile of each parameter, and then one
/// a parameter.
final class StatisticsBlock {
  /// One entry a parameter, filled by `merge()`.
  let merged: UnsafeMutableBufferPointer<GradientStatistics>
  private let partial: UnsafeMutablePointer<GradientStatistics>
  private let starts: [Int]

  /// - Parameter counts: how many elements each parameter has.
  init(counts: [Int]) {
    starts = counts.reduce(into: [0]) { starts, count in
      starts.append(starts[starts.count - 1] + OptimizerKernels.tiling(count: count).tiles)
    }
    merged = .allocate(capacity: counts.count)
    merged.initialize(repeating: GradientStatistics())
    partial = .allocate(capacity: starts[counts.count])
    partial.initialize(repeating: GradientStatistics(), count: starts[counts.count])
  }

  deinit {
    merged.deallocate()
    partial.deallocate()
  }

  /// The first of the entries for the tiles of a parameter.
  func tiles(of parameter: Int) -> UnsafeMutablePointer<GradientStatistics> {
    partial + starts[parameter]
  }

  /// Adds up the tiles in their order, so that the sums don't depend on who computed them when.
  func merge() {
    for parameter in merged.indices {
      var sum = GradientStatistics()
      for tile in starts[parameter]..<starts[parameter + 1] { sum.merge(partial[tile]) }
      merged[parameter] = sum
    }
  }

  /// The L2 norm of all parameters together.
  var norm: Double {
    var squares = 0.0
    for statistics in merged { squares += statistics.sumOfSquares }
    return squares.squareRoot()
  }

  var isFinite: Bool {
    for statistics in merged
    where statistics.nanCount + statistics.posInfCount + statistics.negInfCount > 0 {
      return false
    }
    return true
  }
}
