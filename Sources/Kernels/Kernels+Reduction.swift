import CVectorMath
import Tensors

extension Kernels {
  private struct SumArguments {
    var x: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
    var outer: Int64
    var kept: Int64
    var inner: Int64
    var tiling: Tiling
  }

  private struct StridedSumArguments {
    var x: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
    var extents: Extents
    var strides: Extents
    var count: Int64
  }

  /// The sum over `axes`; `y` has the other axes in their order.
  public static func sum(
    _ element: ElementType, x: UnsafeMutableRawPointer, shape: Shape, axes: [Int],
    y: UnsafeMutableRawPointer
  ) -> KernelCall {
    // Runs of axes of one kind, joined.
    var runs: [(extent: Int, isSummed: Bool)] = []
    for axis in 0..<shape.rank where shape[axis] != 1 {
      let isSummed = axes.contains(axis)
      if let last = runs.indices.last, runs[last].isSummed == isSummed {
        runs[last].extent *= shape[axis]
      } else {
        runs.append((shape[axis], isSummed))
      }
    }
    let count = shape.count
    switch runs.map(\.isSummed) {
    case [], [true], [false], [true, false], [false, true], [true, false, true]:
      let keptRun = runs.firstIndex { !$0.isSummed }
      let kept = keptRun.map { runs[$0].extent } ?? 1
      let outer = keptRun == 1 ? runs[0].extent : 1
      let inner = count / kept / outer
      return sum(element, x: x, y: y, outer: outer, kept: kept, inner: inner)
    default:
      var strides = [Int](repeating: 0, count: runs.count)
      var step = 1
      for index in runs.indices.reversed() where !runs[index].isSummed {
        strides[index] = step
        step *= runs[index].extent
      }
      let arguments = StridedSumArguments(
        x: x, y: y, extents: Extents(runs.map(\.extent)), strides: Extents(strides),
        count: Int64(step))
      return Kernel(
        "sum_strided", flops: count, bytes: bytes(count, element), arguments: arguments,
        for: element,
        double: { a, _ in
          a.extents.withPointer { extents in
            a.strides.withPointer { strides in
              vm_sum_strided_f64(
                Int32(a.extents.count), extents, a.x.doubles, a.y.doubles, strides, a.count)
            }
          }
        },
        single: { a, _ in
          a.extents.withPointer { extents in
            a.strides.withPointer { strides in
              vm_sum_strided_f32(
                Int32(a.extents.count), extents, a.x.floats, a.y.floats, strides, a.count)
            }
          }
        })
    }
  }

  private static func sum(
    _ element: ElementType, x: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer, outer: Int,
    kept: Int, inner: Int
  ) -> KernelCall {
    let count = outer * kept * inner
    let grain = max(1, 32_768 / max(1, outer * inner))
    let isColumns = inner == 1
    let tiling = Tiling(count: kept, grain: grain, multiple: isColumns ? 64 : 1)
    let arguments = SumArguments(
      x: x, y: y, outer: Int64(outer), kept: Int64(kept), inner: Int64(inner), tiling: tiling)
    let name = isColumns ? "sum_columns" : "sum_runs"
    if isColumns {
      return Kernel(
        name, tiles: tiling.tiles, flops: count, bytes: bytes(count, element),
        arguments: arguments,
        for: element,
        double: { a, tile in
          let range = a.tiling.range(tile)
          vm_sum_columns_f64(
            a.x.doubles, a.y.doubles, a.outer, a.kept, Int64(range.lowerBound),
            Int64(range.upperBound))
        },
        single: { a, tile in
          let range = a.tiling.range(tile)
          vm_sum_columns_f32(
            a.x.floats, a.y.floats, a.outer, a.kept, Int64(range.lowerBound),
            Int64(range.upperBound))
        })
    }
    return Kernel(
      name, tiles: tiling.tiles, flops: count, bytes: bytes(count, element), arguments: arguments,
      for: element,
      double: { a, tile in
        let range = a.tiling.range(tile)
        vm_sum_outer_inner_f64(
          a.x.doubles, a.y.doubles, a.outer, a.kept, a.inner, Int64(range.lowerBound),
          Int64(range.upperBound))
      },
      single: { a, tile in
        let range = a.tiling.range(tile)
        vm_sum_outer_inner_f32(
          a.x.floats, a.y.floats, a.outer, a.kept, a.inner, Int64(range.lowerBound),
          Int64(range.upperBound))
      })
  }
}
