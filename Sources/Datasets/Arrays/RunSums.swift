import CTables

/// What the numbers of an array are together, or those at each place of its rows, as its runs come.
final class RunSums {
  private let sums: UnsafeMutableBufferPointer<tb_sums>

  /// - Parameter places: numbers of a row, or 1 for all together.
  init(places: Int) {
    sums = .allocate(capacity: places)
    sums.initialize(repeating: .none)
  }

  deinit { sums.deallocate() }

  /// Takes in a run; answers which of it isn't finite.
  ///
  /// - Parameter position: of the run's first number in the array.
  func add(_ run: UnsafeMutableBufferPointer<Double>, at position: Int) -> Int? {
    let found = tb_sum(
      run.baseAddress, run.count, position % sums.count, sums.count, sums.baseAddress)
    return found < 0 ? nil : found
  }

  var statistics: [RunningStatistics] {
    sums.map(RunningStatistics.init)
  }
}

/// Scalings of an array's numbers, or of those at each place of its rows, for its runs.
final class RunScaling {
  private let subtract: [Double]
  private let divide: [Double]

  /// - Parameter scalings: at least one.
  init(_ scalings: [Scaling]) {
    subtract = scalings.map(\.subtract)
    divide = scalings.map(\.divide)
  }

  /// Scales a run in its place.
  ///
  /// - Parameter position: of the run's first number in the array.
  func apply(to run: UnsafeMutableBufferPointer<Double>, at position: Int) {
    tb_scale(
      run.baseAddress, run.count, position % subtract.count, subtract.count, subtract, divide)
  }
}

extension tb_sums {
  /// Of no number.
  static var none: tb_sums {
    tb_sums(count: 0, mean: 0, squares: 0, minimum: .infinity, maximum: -.infinity)
  }
}

extension RunningStatistics {
  init(_ sums: tb_sums) {
    self.init(
      count: Int(sums.count), mean: sums.mean, squares: sums.squares, minimum: sums.minimum,
      maximum: sums.maximum)
  }
}
