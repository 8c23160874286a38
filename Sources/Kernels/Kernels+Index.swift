import CVectorMath
import Tensors

/// A C function over rows: x, indices, y, two numbers, and from which row to which.
private typealias RowsByIndex<Element> =
  @Sendable (
    UnsafePointer<Element>?, UnsafePointer<Int32>?, UnsafeMutablePointer<Element>?, Int64, Int64,
    Int64, Int64
  ) -> Void

/// A C function along an axis: x, indices, y, three numbers, and from which place to which.
private typealias AlongByIndex<Element> =
  @Sendable (
    UnsafePointer<Element>?, UnsafePointer<Int32>?, UnsafeMutablePointer<Element>?, Int64, Int64,
    Int64, Int64, Int64
  ) -> Void

extension Kernels {
  private struct RowsArguments {
    var numbers: IndexArguments
    var double: RowsByIndex<Double>
    var single: RowsByIndex<Float>
  }

  private struct AlongArguments {
    var numbers: IndexArguments
    var double: AlongByIndex<Double>
    var single: AlongByIndex<Float>
  }

  private static func rows(
    _ name: String, _ element: ElementType, flops: Int, elements: Int, _ arguments: RowsArguments
  ) -> KernelCall {
    Kernel(
      name, tiles: arguments.numbers.tiling.tiles, flops: flops, bytes: bytes(elements, element),
      arguments: arguments, for: element,
      double: { call, tile in
        let (a, (first, end)) = (call.numbers, call.numbers.range(tile))
        call.double(a.x.doubles, a.indices.integers, a.y.doubles, a.n, a.width, first, end)
      },
      single: { call, tile in
        let (a, (first, end)) = (call.numbers, call.numbers.range(tile))
        call.single(a.x.floats, a.indices.integers, a.y.floats, a.n, a.width, first, end)
      })
  }

  private static func along(
    _ name: String, _ element: ElementType, flops: Int, elements: Int, _ arguments: AlongArguments
  ) -> KernelCall {
    Kernel(
      name, tiles: arguments.numbers.tiling.tiles, flops: flops, bytes: bytes(elements, element),
      arguments: arguments, for: element,
      double: { call, tile in
        let (a, (first, end)) = (call.numbers, call.numbers.range(tile))
        call.double(
          a.x.doubles, a.indices.integers, a.y.doubles, a.n, a.places, a.width, first, end)
      },
      single: { call, tile in
        let (a, (first, end)) = (call.numbers, call.numbers.range(tile))
        call.single(a.x.floats, a.indices.integers, a.y.floats, a.n, a.places, a.width, first, end)
      })
  }

  /// Rows that are made of all indices: each tile reads them all, so there are few.
  private static func segments(
    _ name: String, _ element: ElementType, x: UnsafeMutableRawPointer,
    indices: UnsafeMutableRawPointer, count: Int, y: UnsafeMutableRawPointer, rows: Int,
    width: Int, double: @escaping RowsByIndex<Double>, single: @escaping RowsByIndex<Float>
  ) -> KernelCall {
    let tiling = rowTiling(rows, width: width * max(1, count / rows), most: 4)
    let numbers = IndexArguments(
      x: x, y: y, indices: indices, n: count, width: width, tiling: tiling)
    return self.rows(
      name, element, flops: count * width, elements: (2 * count + rows) * width,
      RowsArguments(numbers: numbers, double: double, single: single))
  }

  /// `y [count, width]`: rows of `x [rows, width]` by their index, NaN when there is none.
  public static func gatherRows(
    _ element: ElementType, x: UnsafeMutableRawPointer, rows: Int, indices: UnsafeMutableRawPointer,
    y: UnsafeMutableRawPointer, count: Int, width: Int
  ) -> KernelCall {
    let numbers = IndexArguments(
      x: x, y: y, indices: indices, n: rows, width: width,
      tiling: rowTiling(count, width: width))
    return self.rows(
      "gather", element, flops: 0, elements: 2 * count * width,
      RowsArguments(numbers: numbers, double: vm_gather_rows_f64, single: vm_gather_rows_f32))
  }

  /// `y [rows, width]`: the sum of the rows of `x [count, width]` that have that index, in order.
  public static func scatterRows(
    _ element: ElementType, x: UnsafeMutableRawPointer, indices: UnsafeMutableRawPointer,
    count: Int, y: UnsafeMutableRawPointer, rows: Int, width: Int
  ) -> KernelCall {
    segments(
      "scatter_add", element, x: x, indices: indices, count: count, y: y, rows: rows, width: width,
      double: vm_scatter_rows_f64, single: vm_scatter_rows_f32)
  }

  /// The largest of the rows that have an index, 0 where none has it.
  public static func segmentMax(
    _ element: ElementType, x: UnsafeMutableRawPointer, indices: UnsafeMutableRawPointer,
    count: Int, y: UnsafeMutableRawPointer, rows: Int, width: Int
  ) -> KernelCall {
    segments(
      "segment_max", element, x: x, indices: indices, count: count, y: y, rows: rows, width: width,
      double: vm_segment_max_f64, single: vm_segment_max_f32)
  }

  /// `y [outer, places, inner]`: elements of `x [outer, n, inner]` by their index along `n`.
  public static func gatherAlong(
    _ element: ElementType, x: UnsafeMutableRawPointer, indices: UnsafeMutableRawPointer,
    y: UnsafeMutableRawPointer, outer: Int, n: Int, places: Int, inner: Int
  ) -> KernelCall {
    let numbers = IndexArguments(
      x: x, y: y, indices: indices, n: n, width: inner, places: places,
      tiling: rowTiling(outer, width: places * inner))
    return along(
      "gather_along", element, flops: 0, elements: 2 * outer * places * inner,
      AlongArguments(numbers: numbers, double: vm_gather_along_f64, single: vm_gather_along_f32))
  }

  /// The transpose of `gatherAlong`: `x [outer, places, inner]` added into `y [outer, n, inner]`.
  public static func scatterAlong(
    _ element: ElementType, x: UnsafeMutableRawPointer, indices: UnsafeMutableRawPointer,
    y: UnsafeMutableRawPointer, outer: Int, n: Int, places: Int, inner: Int
  ) -> KernelCall {
    let numbers = IndexArguments(
      x: x, y: y, indices: indices, n: n, width: inner, places: places,
      tiling: rowTiling(outer, width: places * inner))
    return along(
      "scatter_along", element, flops: outer * places * inner,
      elements: 2 * outer * places * inner,
      AlongArguments(numbers: numbers, double: vm_scatter_along_f64, single: vm_scatter_along_f32))
  }

  /// `y [count]` of int32: the nearest whole numbers as indices, -1 for what is below 0, too large or no number.
  public static func toIndices(
    _ element: ElementType, x: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer, count: Int
  ) -> KernelCall {
    let tiling = rowTiling(count, width: 1)
    return Kernel(
      "to_indices", tiles: tiling.tiles, flops: 0, bytes: bytes(2 * count, element),
      arguments: IndexArguments(x: x, y: y, width: 1, tiling: tiling), for: element,
      double: { a, tile in
        let (first, end) = a.range(tile)
        vm_to_indices_f64(a.x.doubles, a.y.integers, first, end)
      },
      single: { a, tile in
        let (first, end) = a.range(tile)
        vm_to_indices_f32(a.x.floats, a.y.integers, first, end)
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
