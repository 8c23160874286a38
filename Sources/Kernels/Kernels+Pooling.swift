import CVectorMath
import Tensors

extension Kernels {
  private struct PoolArguments {
    var geometry: ConvolutionGeometry
    var x: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
    var indices: UnsafeMutableRawPointer?
    var inputs: Int
    var outputs: Int
    var tiling: Tiling
  }

  /// The largest element of each window, and where in its plane it lies (int32).
  public static func maxPool(
    _ element: ElementType, _ geometry: ConvolutionGeometry, x: UnsafeMutableRawPointer,
    y: UnsafeMutableRawPointer, indices: UnsafeMutableRawPointer?
  ) -> KernelCall {
    let planes = geometry.images * geometry.channels
    let work = geometry.positions * geometry.kernelHeight * geometry.kernelWidth
    let tiling = Tiling(count: planes, grain: max(1, 16_384 / max(1, work)))
    let arguments = PoolArguments(
      geometry: geometry, x: x, y: y, indices: indices, inputs: geometry.height * geometry.width,
      outputs: geometry.positions, tiling: tiling)
    return Kernel(
      "max_pool2d", tiles: tiling.tiles, flops: planes * work,
      bytes: bytes(planes * (arguments.inputs + arguments.outputs), element), arguments: arguments,
      for: element,
      double: { a, tile in
        let r = a.tiling.range(tile)
        let start = r.lowerBound * a.outputs
        a.geometry.withNumbers { numbers in
          vm_max_pool_f64(
            a.x.doubles + r.lowerBound * a.inputs, a.y.doubles + start,
            a.indices.map { $0.integers + start }, Int64(r.count), numbers)
        }
      },
      single: { a, tile in
        let r = a.tiling.range(tile)
        let start = r.lowerBound * a.outputs
        a.geometry.withNumbers { numbers in
          vm_max_pool_f32(
            a.x.floats + r.lowerBound * a.inputs, a.y.floats + start,
            a.indices.map { $0.integers + start }, Int64(r.count), numbers)
        }
      })
  }

  private struct PoolGradientArguments {
    var dy: UnsafeMutableRawPointer
    var indices: UnsafeMutableRawPointer
    var dx: UnsafeMutableRawPointer
    var inputs: Int
    var outputs: Int
    var tiling: Tiling
  }

  /// Each `dy` added to where its element was.
  public static func maxPoolGradient(
    _ element: ElementType, dy: UnsafeMutableRawPointer, indices: UnsafeMutableRawPointer,
    dx: UnsafeMutableRawPointer, planes: Int, inputs: Int, outputs: Int
  ) -> KernelCall {
    let tiling = Tiling(count: planes, grain: max(1, 16_384 / max(1, inputs)))
    let arguments = PoolGradientArguments(
      dy: dy, indices: indices, dx: dx, inputs: inputs, outputs: outputs, tiling: tiling)
    return Kernel(
      "max_pool2d_gradient", tiles: tiling.tiles, flops: planes * outputs,
      bytes: bytes(planes * (inputs + 2 * outputs), element), arguments: arguments,
      for: element,
      double: { a, tile in
        let r = a.tiling.range(tile)
        let start = r.lowerBound * a.outputs
        vm_max_pool_gradient_f64(
          a.dy.doubles + start, a.indices.integers + start,
          a.dx.doubles + r.lowerBound * a.inputs, Int64(r.count), Int64(a.inputs),
          Int64(a.outputs))
      },
      single: { a, tile in
        let r = a.tiling.range(tile)
        let start = r.lowerBound * a.outputs
        vm_max_pool_gradient_f32(
          a.dy.floats + start, a.indices.integers + start,
          a.dx.floats + r.lowerBound * a.inputs, Int64(r.count), Int64(a.inputs),
          Int64(a.outputs))
      })
  }
}
