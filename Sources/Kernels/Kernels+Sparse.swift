import CVectorMath
import Tensors

extension Kernels {
  /// `y [m, width] = A x`, where `A [m, n]` has `entries` numbers, each at a row and column.
  public static func sparseProduct(
    _ element: ElementType, rows: UnsafeMutableRawPointer, columns: UnsafeMutableRawPointer,
    values: UnsafeMutableRawPointer, entries: Int, x: UnsafeMutableRawPointer, n: Int,
    y: UnsafeMutableRawPointer, m: Int, width: Int
  ) -> KernelCall {
    // Each tile reads all entries, so there are few.
    let tiling = rowTiling(m, width: width * max(1, entries / m), most: 4)
    return Kernel(
      "sparse_matmul", tiles: tiling.tiles, flops: 2 * entries * width,
      bytes: bytes((entries + m) * width, element),
      arguments: IndexArguments(
        x: x, y: y, indices: rows, columns: columns, values: values, n: n, width: width,
        places: entries, tiling: tiling), for: element,
      double: { a, tile in
        let (first, end) = a.range(tile)
        vm_sparse_product_f64(
          a.indices.integers, a.columns.integers, a.values.doubles, a.places, a.x.doubles, a.n,
          a.y.doubles, a.width, first, end)
      },
      single: { a, tile in
        let (first, end) = a.range(tile)
        vm_sparse_product_f32(
          a.indices.integers, a.columns.integers, a.values.floats, a.places, a.x.floats, a.n,
          a.y.floats, a.width, first, end)
      })
  }

  /// `y [entries]`: for each entry, the product of a row of `a [m, width]` and one of `b [n, width]`.
  public static func sampledProduct(
    _ element: ElementType, rows: UnsafeMutableRawPointer, columns: UnsafeMutableRawPointer,
    entries: Int, a: UnsafeMutableRawPointer, m: Int, b: UnsafeMutableRawPointer, n: Int,
    y: UnsafeMutableRawPointer, width: Int
  ) -> KernelCall {
    let tiling = rowTiling(entries, width: width)
    return Kernel(
      "sampled_matmul", tiles: tiling.tiles, flops: 2 * entries * width,
      bytes: bytes(2 * entries * width, element),
      arguments: IndexArguments(
        x: a, y: y, indices: rows, columns: columns, values: b, n: n, width: width, places: m,
        tiling: tiling), for: element,
      double: { a, tile in
        let (first, end) = a.range(tile)
        vm_sampled_product_f64(
          a.indices.integers, a.columns.integers, a.x.doubles, a.places, a.values.doubles, a.n,
          a.y.doubles, a.width, first, end)
      },
      single: { a, tile in
        let (first, end) = a.range(tile)
        vm_sampled_product_f32(
          a.indices.integers, a.columns.integers, a.x.floats, a.places, a.values.floats, a.n,
          a.y.floats, a.width, first, end)
      })
  }
}
