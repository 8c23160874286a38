import CVectorMath
import Tensors

extension Kernels {
  private struct StridedCopyArguments {
    var x: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
    var extents: Extents
    var xStrides: Extents
    var yStrides: Extents
    var tiling: Tiling
  }

  private struct FillArguments {
    var y: UnsafeMutableRawPointer
    var value: Double
    var tiling: Tiling
  }

  /// `y = x` with axes in another order: axis `i` of `y` is axis `axes[i]` of `x`.
  public static func transpose(
    _ element: ElementType, x: UnsafeMutableRawPointer, shape: Shape, axes: [Int],
    y: UnsafeMutableRawPointer
  ) -> KernelCall {
    let strides = shape.strides
    let moved = Shape(axes.map { shape[$0] })
    return copy(
      "transpose", element, x: x, xStrides: axes.map { strides[$0] }, y: y,
      yStrides: moved.strides, extents: moved)
  }

  /// `y[i · yStrides] = x[i · xStrides]` for each place of `extents`; steps may be 0 (for `x`) or negative.
  ///
  /// `element` is of four or eight bytes.
  public static func copy(
    _ name: String, _ element: ElementType, x: UnsafeMutableRawPointer, xStrides: [Int],
    y: UnsafeMutableRawPointer, yStrides: [Int], extents: Shape
  ) -> KernelCall {
    var joined = JoinedAxes(extents: extents.dimensions, strides: [xStrides, yStrides])
    // One long run is cut so that threads share it.
    joined.cutRun(longerThan: 16_384)
    joined.prepend(to: 3)
    let count = extents.count
    let rank = joined.extents.count
    let rows = joined.extents[0..<rank - 2].reduce(1, *)
    let tiling = Tiling(count: rows, grain: max(1, 32_768 / max(1, count / rows)))
    let arguments = StridedCopyArguments(
      x: x, y: y, extents: Extents(joined.extents), xStrides: Extents(joined.strides[0]),
      yStrides: Extents(joined.strides[1]), tiling: tiling)
    return Kernel(
      name, tiles: tiling.tiles, bytes: bytes(2 * count, element), arguments: arguments,
      body: element.byteCount == 8 ? copyDoubles : copyFloats)
  }

  private static let copyDoubles: @Sendable (StridedCopyArguments, Int) -> Void = { a, tile in
    let range = a.tiling.range(tile)
    a.extents.withPointer { extents in
      a.xStrides.withPointer { xs in
        a.yStrides.withPointer { ys in
          vm_copy_strided_f64(
            Int64(a.extents.count), extents, a.x.doubles, xs, a.y.doubles, ys,
            Int64(range.lowerBound), Int64(range.upperBound))
        }
      }
    }
  }

  private static let copyFloats: @Sendable (StridedCopyArguments, Int) -> Void = { a, tile in
    let range = a.tiling.range(tile)
    a.extents.withPointer { extents in
      a.xStrides.withPointer { xs in
        a.yStrides.withPointer { ys in
          vm_copy_strided_f32(
            Int64(a.extents.count), extents, a.x.floats, xs, a.y.floats, ys,
            Int64(range.lowerBound), Int64(range.upperBound))
        }
      }
    }
  }

  /// Every element the same number.
  public static func fill(
    _ element: ElementType, y: UnsafeMutableRawPointer, value: Double, count: Int
  ) -> KernelCall {
    let tiling = Tiling(count: count, grain: 32_768, multiple: 64)
    return Kernel(
      "fill", tiles: tiling.tiles, bytes: bytes(count, element),
      arguments: FillArguments(y: y, value: value, tiling: tiling), for: element,
      double: { a, tile in
        let range = a.tiling.range(tile)
        vm_fill_f64(a.y.doubles + range.lowerBound, a.value, Int64(range.count))
      },
      single: { a, tile in
        let range = a.tiling.range(tile)
        vm_fill_f32(a.y.floats + range.lowerBound, Float(a.value), Int64(range.count))
      })
  }
}
