import CVectorMath
import Tensors

/// What is done to gradients before an optimizer sees them.
extension OptimizerKernels {
  fileprivate struct RowArguments: @unchecked Sendable {
    var rows: vm_gradient_rows
    var tiling: Tiling
    var statistics: UnsafeMutablePointer<GradientStatistics>
    var all: Int
  }

  /// Copies a gradient with each row's mean taken out, and each row's norm bounded by that of the parameter's row.
  ///
  /// A row is what one unit learns: all axes but the first; a parameter of one axis or none is one row, whose mean stays.
  ///
  /// - Parameters:
  ///   - target: as large as the gradient.
  ///   - clipping: the most that a row's norm may be of the parameter's; 0 for no bound.
  ///   - floor: what a parameter's row counts as at least.
  public static func rows(
    _ operands: OptimizerOperands, target: UnsafeMutableRawPointer, centralizes: Bool,
    clipping: Double, floor: Double
  ) -> KernelCall {
    let isMatrix = operands.shape.rank > 1
    let rows = isMatrix ? operands.shape.dimensions[0] : min(1, operands.count)
    let columns = operands.count / max(rows, 1)
    let all = tiling(count: operands.count).tiles
    let tiling = Tiling(count: rows, grain: 1, most: all)
    let arguments = RowArguments(
      rows: vm_gradient_rows(
        gradient: operands.gradient, parameter: UnsafeRawPointer(operands.parameter),
        target: target, columns: columns, clipping: clipping, floor: floor,
        centralizes: centralizes && isMatrix),
      tiling: tiling, statistics: operands.statistics, all: all)
    return Kernel(
      "gradient_rows", tiles: tiling.tiles, flops: 8 * operands.count,
      bytes: 3 * operands.count * operands.element.byteCount, arguments: arguments,
      for: operands.element,
      double: { a, tile in
        let range = a.tiling.range(tile)
        a.clear(tile)
        withUnsafePointer(to: a.rows) {
          vm_gradient_rows_f64($0, range.lowerBound, range.upperBound, a.statistics + tile)
        }
      },
      single: { a, tile in
        let range = a.tiling.range(tile)
        a.clear(tile)
        withUnsafePointer(to: a.rows) {
          vm_gradient_rows_f32($0, range.lowerBound, range.upperBound, a.statistics + tile)
        }
      })
  }

  private struct NoiseArguments: @unchecked Sendable {
    var gradient: UnsafeMutableRawPointer
    var random: UnsafePointer<Int32>
    var deviation: UnsafePointer<Double>
    var stream: UInt64
    var tiling: Tiling
  }

  /// Adds `deviation n` to a gradient, with `n` drawn from N(0, 1).
  ///
  /// - Parameters:
  ///   - random: int32 [4], seed and step, low words first.
  ///   - deviation: as it is when the kernel runs.
  ///   - stream: mixed into the key, to keep several uses apart.
  public static func noise(
    _ gradient: UnsafeMutableRawPointer, count: Int, _ element: ElementType,
    random: UnsafePointer<Int32>, deviation: UnsafePointer<Double>, stream: UInt64
  ) -> KernelCall {
    // A tile begins where a block of four draws does.
    let tiling = Tiling(count: count, grain: 8_192, multiple: 64)
    return Kernel(
      "gradient_noise", tiles: tiling.tiles, flops: 12 * count,
      bytes: 2 * count * element.byteCount,
      arguments: NoiseArguments(
        gradient: gradient, random: random, deviation: deviation, stream: stream, tiling: tiling),
      for: element,
      double: { a, tile in
        let r = a.tiling.range(tile)
        vm_gaussian_noise_f64(
          a.gradient.doubles, a.gradient.doubles, a.deviation.pointee, a.stream, a.random,
          Int64(r.lowerBound), Int64(r.upperBound))
      },
      single: { a, tile in
        let r = a.tiling.range(tile)
        vm_gaussian_noise_f32(
          a.gradient.floats, a.gradient.floats, a.deviation.pointee, a.stream, a.random,
          Int64(r.lowerBound), Int64(r.upperBound))
      })
  }
}

extension OptimizerKernels.RowArguments {
  /// Begins a tile's statistics; the first tile also those that rows don't fill.
  @inline(__always)
  func clear(_ tile: Int) {
    statistics[tile] = vm_gradient_statistics()
    guard tile == 0 else { return }
    for other in tiling.tiles..<max(all, tiling.tiles) {
      statistics[other] = vm_gradient_statistics()
    }
  }
}
