import CVectorMath
import Tensors

/// A sparse matrix seen from one side, where it lies; see `vm_lines`.
public struct SparseLines {
  let offsets: UnsafeMutableRawPointer
  let order: UnsafeMutableRawPointer?
  let ends: UnsafeMutableRawPointer
  let entries: Int

  /// - Parameters:
  ///   - offsets: int32, where each line's entries begin.
  ///   - order: int32, the entries line by line; `nil` when they are in that order.
  ///   - ends: int32, where each entry stands on the other side.
  public init(
    offsets: UnsafeMutableRawPointer, order: UnsafeMutableRawPointer?,
    ends: UnsafeMutableRawPointer, entries: Int
  ) {
    self.offsets = offsets
    self.order = order
    self.ends = ends
    self.entries = entries
  }

  fileprivate var lines: vm_lines {
    vm_lines(
      offsets: offsets.integers, order: order?.integers, ends: ends.integers,
      entries: Int64(entries))
  }
}

extension Kernels {
  private struct NeighborArguments {
    var lines: vm_lines
    var values: UnsafeMutableRawPointer?
    var x: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
    var n: Int64
    var heads: Int64
    var width: Int64
    var tiling: Tiling
  }

  /// `y [m, heads, width]`: each line the sum of `x [n, heads, width]` over its entries, times their values
  /// `[entries, heads]` if there are any.
  public static func neighborSum(
    _ element: ElementType, lines: SparseLines, values: UnsafeMutableRawPointer?,
    x: UnsafeMutableRawPointer, n: Int, y: UnsafeMutableRawPointer, m: Int, heads: Int, width: Int
  ) -> KernelCall {
    let work = heads * width * max(1, lines.entries / m)
    let arguments = NeighborArguments(
      lines: lines.lines, values: values, x: x, y: y, n: Int64(n), heads: Int64(heads),
      width: Int64(width), tiling: rowTiling(m, width: work))
    return Kernel(
      "neighbor_sum", tiles: arguments.tiling.tiles, flops: 2 * lines.entries * heads * width,
      bytes: bytes((lines.entries + m) * heads * width, element), arguments: arguments,
      for: element,
      double: { a, tile in
        let range = a.tiling.range(tile)
        withUnsafePointer(to: a.lines) {
          vm_neighbor_sum_f64(
            $0, a.values?.doubles, a.x.doubles, a.n, a.y.doubles, a.heads, a.width,
            Int64(range.lowerBound), Int64(range.upperBound))
        }
      },
      single: { a, tile in
        let range = a.tiling.range(tile)
        withUnsafePointer(to: a.lines) {
          vm_neighbor_sum_f32(
            $0, a.values?.floats, a.x.floats, a.n, a.y.floats, a.heads, a.width,
            Int64(range.lowerBound), Int64(range.upperBound))
        }
      })
  }

  /// `y [entries, heads]`: for each entry, the products of its row of `a [m, heads, width]` and its column's
  /// of `b [n, heads, width]`.
  public static func neighborProduct(
    _ element: ElementType, rows: UnsafeMutableRawPointer, columns: UnsafeMutableRawPointer,
    entries: Int, a: UnsafeMutableRawPointer, m: Int, b: UnsafeMutableRawPointer, n: Int,
    y: UnsafeMutableRawPointer, heads: Int, width: Int
  ) -> KernelCall {
    let tiling = rowTiling(entries, width: heads * width)
    return Kernel(
      "neighbor_product", tiles: tiling.tiles, flops: 2 * entries * heads * width,
      bytes: bytes(2 * entries * heads * width, element),
      arguments: ProductArguments(
        rows: rows, columns: columns, a: a, m: Int64(m), b: b, n: Int64(n), y: y,
        heads: Int64(heads), width: Int64(width), tiling: tiling), for: element,
      double: { call, tile in
        let range = call.tiling.range(tile)
        vm_neighbor_product_f64(
          call.rows.integers, call.columns.integers, call.a.doubles, call.m, call.b.doubles,
          call.n, call.y.doubles, call.heads, call.width, Int64(range.lowerBound),
          Int64(range.upperBound))
      },
      single: { call, tile in
        let range = call.tiling.range(tile)
        vm_neighbor_product_f32(
          call.rows.integers, call.columns.integers, call.a.floats, call.m, call.b.floats,
          call.n, call.y.floats, call.heads, call.width, Int64(range.lowerBound),
          Int64(range.upperBound))
      })
  }

  private struct ProductArguments {
    var rows: UnsafeMutableRawPointer
    var columns: UnsafeMutableRawPointer
    var a: UnsafeMutableRawPointer
    var m: Int64
    var b: UnsafeMutableRawPointer
    var n: Int64
    var y: UnsafeMutableRawPointer
    var heads: Int64
    var width: Int64
    var tiling: Tiling
  }

  /// Softmax of `x [entries, width]` over the rows of each segment.
  public static func segmentSoftmax(
    _ element: ElementType, offsets: UnsafeMutableRawPointer, segments: Int,
    x: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer, entries: Int, width: Int
  ) -> KernelCall {
    let tiling = rowTiling(segments, width: 8 * width * max(1, entries / segments))
    return Kernel(
      "segment_softmax", tiles: tiling.tiles, flops: 6 * entries * width,
      bytes: bytes(4 * entries * width, element),
      arguments: IndexArguments(
        x: x, y: y, indices: offsets, width: width, places: entries, tiling: tiling), for: element,
      double: { a, tile in
        let (first, end) = a.range(tile)
        vm_segment_softmax_f64(
          a.indices.integers, a.x.doubles, a.y.doubles, a.places, a.width, first, end)
      },
      single: { a, tile in
        let (first, end) = a.range(tile)
        vm_segment_softmax_f32(
          a.indices.integers, a.x.floats, a.y.floats, a.places, a.width, first, end)
      })
  }
}
