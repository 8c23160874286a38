import CVectorMath
import Tensors

/// What the kernels of rows and indices are told.
struct IndexArguments {
  var x: UnsafeMutableRawPointer
  var y: UnsafeMutableRawPointer
  var indices: UnsafeMutableRawPointer
  var columns: UnsafeMutableRawPointer
  var values: UnsafeMutableRawPointer
  var n: Int64
  var width: Int64
  var places: Int64
  var flag: Int32
  var tiling: Tiling

  init(
    x: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer,
    indices: UnsafeMutableRawPointer? = nil, columns: UnsafeMutableRawPointer? = nil,
    values: UnsafeMutableRawPointer? = nil, n: Int = 0, width: Int = 0, places: Int = 0,
    flag: Int32 = 0, tiling: Tiling
  ) {
    self.x = x
    self.y = y
    self.indices = indices ?? x
    self.columns = columns ?? x
    self.values = values ?? x
    self.n = Int64(n)
    self.width = Int64(width)
    self.places = Int64(places)
    self.flag = flag
    self.tiling = tiling
  }

  func range(_ tile: Int) -> (Int64, Int64) {
    let range = tiling.range(tile)
    return (Int64(range.lowerBound), Int64(range.upperBound))
  }
}

extension Kernels {
  /// What becomes of a row.
  public enum Reduction: Hashable, Sendable {
    case largest, smallest, norm, logSumExp

    fileprivate var code: Int32 {
      let code =
        switch self {
        case .largest: VM_LARGEST
        case .smallest: VM_SMALLEST
        case .norm: VM_NORM
        case .logSumExp: VM_LOG_SUM_EXP
        }
      return Int32(code.rawValue)
    }
  }

  /// Rows cut by their count and width alone.
  static func rowTiling(_ rows: Int, width: Int, most: Int = 16) -> Tiling {
    Tiling(count: rows, grain: max(1, 16_384 / max(1, width)), most: most)
  }

  /// `x [rows, width] -> y [rows]`.
  public static func reduceRows(
    _ reduction: Reduction, _ name: String, _ element: ElementType, x: UnsafeMutableRawPointer,
    y: UnsafeMutableRawPointer, rows: Int, width: Int
  ) -> KernelCall {
    let tiling = rowTiling(rows, width: width)
    return Kernel(
      name, tiles: tiling.tiles, flops: rows * width, bytes: bytes(rows * (width + 1), element),
      arguments: IndexArguments(x: x, y: y, width: width, flag: reduction.code, tiling: tiling),
      for: element,
      double: { a, tile in
        let (first, end) = a.range(tile)
        vm_reduce_rows_f64(a.flag, a.x.doubles, a.y.doubles, a.width, first, end)
      },
      single: { a, tile in
        let (first, end) = a.range(tile)
        vm_reduce_rows_f32(a.flag, a.x.floats, a.y.floats, a.width, first, end)
      })
  }

  /// The place of the largest of each row; `y` is int32 `[rows]`.
  public static func argmax(
    _ element: ElementType, x: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer, rows: Int,
    width: Int
  ) -> KernelCall {
    let tiling = rowTiling(rows, width: width)
    return Kernel(
      "argmax", tiles: tiling.tiles, flops: rows * width, bytes: bytes(rows * (width + 1), element),
      arguments: IndexArguments(x: x, y: y, width: width, tiling: tiling), for: element,
      double: { a, tile in
        let (first, end) = a.range(tile)
        vm_argmax_f64(a.x.doubles, a.y.integers, a.width, first, end)
      },
      single: { a, tile in
        let (first, end) = a.range(tile)
        vm_argmax_f32(a.x.floats, a.y.integers, a.width, first, end)
      })
  }

  /// Sums up to each place along the middle axis of `[outer, n, inner]`, or from it on.
  public static func cumulativeSum(
    _ element: ElementType, x: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer, outer: Int,
    n: Int, inner: Int, isReversed: Bool
  ) -> KernelCall {
    let tiling = rowTiling(outer, width: n * inner)
    return Kernel(
      "cumulative_sum", tiles: tiling.tiles, flops: outer * n * inner,
      bytes: bytes(2 * outer * n * inner, element),
      arguments: IndexArguments(
        x: x, y: y, n: n, width: inner, flag: isReversed ? 1 : 0, tiling: tiling), for: element,
      double: { a, tile in
        let (first, end) = a.range(tile)
        vm_cumulative_sum_f64(a.x.doubles, a.y.doubles, a.n, a.width, a.flag, first, end)
      },
      single: { a, tile in
        let (first, end) = a.range(tile)
        vm_cumulative_sum_f32(a.x.floats, a.y.floats, a.n, a.width, a.flag, first, end)
      })
  }
}
