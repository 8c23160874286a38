import CVectorMath
import Tensors

extension Kernels {
  /// `y [count, width]`: rows of `x [rows, width]` by their index, NaN when there is none.
  public static func gatherRows(
    _ element: ElementType, x: UnsafeMutableRawPointer, rows: Int, indices: UnsafeMutableRawPointer,
    y: UnsafeMutableRawPointer, count: Int, width: Int
  ) -> KernelCall {
    let tiling = rowTiling(count, width: width)
    return Kernel(
      "gather", tiles: tiling.tiles, flops: 0, bytes: bytes(2 * count * width, element),
      arguments: IndexArguments(
        x: x, y: y, indices: indices, n: rows, width: width, tiling: tiling), for: element,
      double: { a, tile in
        let (first, end) = a.range(tile)
        vm_gather_rows_f64(
          a.x.doubles, a.indices.integers, a.y.doubles, a.n, a.width, first, end)
      },
      single: { a, tile in
        let (first, end) = a.range(tile)
        vm_gather_rows_f32(
          a.x.floats, a.indices.integers, a.y.floats, a.n, a.width, first, end)
      })
  }

  /// `y [rows, width]`: the sum of the rows of `x [count, width]` that have that index, in order.
  public static func scatterRows(
    _ element: ElementType, x: UnsafeMutableRawPointer, indices: UnsafeMutableRawPointer,
    count: Int,
    y: UnsafeMutableRawPointer, rows: Int, width: Int
  ) -> KernelCall {
    // Each tile reads all indices, so there are few.
    let tiling = rowTiling(rows, width: width * max(1, count / rows), most: 4)
    return Kernel(
      "scatter_add", tiles: tiling.tiles, flops: count * width,
      bytes: bytes((2 * count + rows) * width, element),
      arguments: IndexArguments(
        x: x, y: y, indices: indices, n: count, width: width, tiling: tiling), for: element,
      double: { a, tile in
        let (first, end) = a.range(tile)
        vm_scatter_rows_f64(
          a.x.doubles, a.indices.integers, a.y.doubles, a.n, a.width, first, end)
      },
      single: { a, tile in
        let (first, end) = a.range(tile)
        vm_scatter_rows_f32(
          a.x.floats, a.indices.integers, a.y.floats, a.n, a.width, first, end)
      })
  }

  /// The largest of the rows that have an index, 0 where none has it.
  public static func segmentMax(
    _ element: ElementType, x: UnsafeMutableRawPointer, indices: UnsafeMutableRawPointer,
    count: Int,
    y: UnsafeMutableRawPointer, rows: Int, width: Int
  ) -> KernelCall {
    // Each tile reads all indices, so there are few.
    let tiling = rowTiling(rows, width: width * max(1, count / rows), most: 4)
    return Kernel(
      "segment_max", tiles: tiling.tiles, flops: count * width,
      bytes: bytes((2 * count + rows) * width, element),
      arguments: IndexArguments(
        x: x, y: y, indices: indices, n: count, width: width, tiling: tiling), for: element,
      double: { a, tile in
        let (first, end) = a.range(tile)
        vm_segment_max_f64(
          a.x.doubles, a.indices.integers, a.y.doubles, a.n, a.width, first, end)
      },
      single: { a, tile in
        let (first, end) = a.range(tile)
        vm_segment_max_f32(
          a.x.floats, a.indices.integers, a.y.floats, a.n, a.width, first, end)
      })
  }

  /// `y [outer, places, inner]`: elements of `x [outer, n, inner]` by their index along `n`.
  public static func gatherAlong(
    _ element: ElementType, x: UnsafeMutableRawPointer, indices: UnsafeMutableRawPointer,
    y: UnsafeMutableRawPointer, outer: Int, n: Int, places: Int, inner: Int
  ) -> KernelCall {
    let tiling = rowTiling(outer, width: places * inner)
    return Kernel(
      "gather_along", tiles: tiling.tiles, flops: 0,
      bytes: bytes(2 * outer * places * inner, element),
      arguments: IndexArguments(
        x: x, y: y, indices: indices, n: n, width: inner, places: places, tiling: tiling),
      for: element,
      double: { a, tile in
        let (first, end) = a.range(tile)
        vm_gather_along_f64(
          a.x.doubles, a.indices.integers, a.y.doubles, a.n, a.places, a.width, first, end)
      },
      single: { a, tile in
        let (first, end) = a.range(tile)
        vm_gather_along_f32(
          a.x.floats, a.indices.integers, a.y.floats, a.n, a.places, a.width, first, end)
      })
  }

  /// The transpose of `gatherAlong`: `x [outer, places, inner]` added into `y [outer, n, inner]`.
  public static func scatterAlong(
    _ element: ElementType, x: UnsafeMutableRawPointer, indices: UnsafeMutableRawPointer,
    y: UnsafeMutableRawPointer, outer: Int, n: Int, places: Int, inner: Int
  ) -> KernelCall {
    let tiling = rowTiling(outer, width: places * inner)
    return Kernel(
      "scatter_along", tiles: tiling.tiles, flops: outer * places * inner,
      bytes: bytes(2 * outer * places * inner, element),
      arguments: IndexArguments(
        x: x, y: y, indices: indices, n: n, width: inner, places: places, tiling: tiling),
      for: element,
      double: { a, tile in
        let (first, end) = a.range(tile)
        vm_scatter_along_f64(
          a.x.doubles, a.indices.integers, a.y.doubles, a.n, a.places, a.width, first, end)
      },
      single: { a, tile in
        let (first, end) = a.range(tile)
        vm_scatter_along_f32(
          a.x.floats, a.indices.integers, a.y.floats, a.n, a.places, a.width, first, end)
      })
  }

  /// `y [count, classes]`: 1 at the index, else 0.
  public static func oneHot(
    _ element: ElementType, indices: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer,
    count: Int,
    classes: Int
  ) -> KernelCall {
    let tiling = rowTiling(count, width: classes)
    return Kernel(
      "one_hot", tiles: tiling.tiles, flops: 0, bytes: bytes(count * classes, element),
      arguments: IndexArguments(x: indices, y: y, width: classes, tiling: tiling), for: element,
      double: { a, tile in
        let (first, end) = a.range(tile)
        vm_one_hot_f64(a.indices.integers, a.y.doubles, a.width, first, end)
      },
      single: { a, tile in
        let (first, end) = a.range(tile)
        vm_one_hot_f32(a.indices.integers, a.y.floats, a.width, first, end)
      })
  }
}
