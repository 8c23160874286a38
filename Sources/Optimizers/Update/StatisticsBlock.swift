import Kernels

/// Where kernels leave the statistics of gradients: one entry a tile of each parameter, and then one
/// a parameter.
final class StatisticsBlock {
  /// One entry a parameter, filled by `merge()`.
  let merged: UnsafeMutableBufferPointer<GradientStatistics>
  private let partial: UnsafeMutableBufferPointer<GradientStatistics>
  private let starts: [Int]

  /// - Parameter tiles: how many tiles each parameter is cut into.
  init(tiles: [Int]) {
    starts = tiles.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    merged = .allocate(capacity: tiles.count)
    merged.initialize(repeating: GradientStatistics())
    partial = .allocate(capacity: starts[tiles.count])
    partial.initialize(repeating: GradientStatistics())
  }

  deinit {
    merged.deallocate()
    partial.deallocate()
  }

  /// The entries for the tiles of a parameter.
  func tiles(of parameter: Int) -> UnsafeMutableBufferPointer<GradientStatistics> {
    UnsafeMutableBufferPointer(rebasing: partial[starts[parameter]..<starts[parameter + 1]])
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
  var norm: Double { merged.reduce(0) { $0 + $1.sumOfSquares }.squareRoot() }

  var isFinite: Bool {
    merged.allSatisfy { $0.nanCount == 0 && $0.posInfCount == 0 && $0.negInfCount == 0 }
  }
}
