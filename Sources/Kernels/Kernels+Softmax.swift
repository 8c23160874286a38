import CVectorMath
import Tensors

extension Kernels {
  private struct RowArguments {
    var isLogarithm: Int32
    var x: UnsafeMutableRawPointer
    var second: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
    var width: Int
    var tiling: Tiling
  }

  private static func rows(_ rows: Int, width: Int) -> Tiling {
    Tiling(count: rows, grain: max(1, 8_192 / max(1, width)))
  }

  /// Softmax of each row, or its logarithm; `y` may be `x`.
  public static func softmax(
    isLogarithm: Bool, _ element: ElementType, x: UnsafeMutableRawPointer,
    y: UnsafeMutableRawPointer, rows: Int, width: Int
  ) -> KernelCall {
    let tiling = Kernels.rows(rows, width: width)
    let arguments = RowArguments(
      isLogarithm: isLogarithm ? 1 : 0, x: x, second: x, y: y, width: width, tiling: tiling)
    return Kernel(
      isLogarithm ? "log_softmax" : "softmax", tiles: tiling.tiles, flops: 4 * rows * width,
      bytes: bytes(2 * rows * width, element), arguments: arguments,
      for: element,
      double: { a, tile in
        let range = a.tiling.range(tile)
        let start = range.lowerBound * a.width
        vm_softmax_f64(
          a.isLogarithm, a.x.doubles + start, a.y.doubles + start, Int64(range.count),
          Int64(a.width))
      },
      single: { a, tile in
        let range = a.tiling.range(tile)
        let start = range.lowerBound * a.width
        vm_softmax_f32(
          a.isLogarithm, a.x.floats + start, a.y.floats + start, Int64(range.count),
          Int64(a.width))
      })
  }

  /// The derivative of softmax or its logarithm, from `dy` and `y`; `dx` may be `dy`.
  public static func softmaxGradient(
    isLogarithm: Bool, _ element: ElementType, dy: UnsafeMutableRawPointer,
    y: UnsafeMutableRawPointer, dx: UnsafeMutableRawPointer, rows: Int, width: Int
  ) -> KernelCall {
    let tiling = Kernels.rows(rows, width: width)
    let arguments = RowArguments(
      isLogarithm: isLogarithm ? 1 : 0, x: dy, second: y, y: dx, width: width, tiling: tiling)
    return Kernel(
      "softmax_gradient", tiles: tiling.tiles, flops: 4 * rows * width,
      bytes: bytes(3 * rows * width, element), arguments: arguments,
      for: element,
      double: { a, tile in
        let range = a.tiling.range(tile)
        let start = range.lowerBound * a.width
        vm_softmax_gradient_f64(
          a.isLogarithm, a.x.doubles + start, a.second.doubles + start, a.y.doubles + start,
          Int64(range.count), Int64(a.width))
      },
      single: { a, tile in
        let range = a.tiling.range(tile)
        let start = range.lowerBound * a.width
        vm_softmax_gradient_f32(
          a.isLogarithm, a.x.floats + start, a.second.floats + start, a.y.floats + start,
          Int64(range.count), Int64(a.width))
      })
  }
}
