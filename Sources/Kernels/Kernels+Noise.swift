import CVectorMath
import Tensors

extension Kernels {
  private struct NoiseArguments {
    var x: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
    var random: UnsafeMutableRawPointer
    var deviation: Double
    var stream: UInt64
    var tiling: Tiling
  }

  /// `y = x + deviation n`, with `n` drawn from N(0, 1).
  ///
  /// - Parameters:
  ///   - random: int32 [4], seed and step, low words first.
  ///   - stream: mixed into the key, to keep several uses apart.
  public static func gaussianNoise(
    _ element: ElementType, x: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer,
    random: UnsafeMutableRawPointer, deviation: Double, stream: UInt64, count: Int
  ) -> KernelCall {
    // A tile begins where a block of four draws does.
    let tiling = Tiling(count: count, grain: 8_192, multiple: 64)
    return Kernel(
      "gaussian_noise", tiles: tiling.tiles, flops: 12 * count, bytes: bytes(2 * count, element),
      arguments: NoiseArguments(
        x: x, y: y, random: random, deviation: deviation, stream: stream, tiling: tiling),
      for: element,
      double: { a, tile in
        let r = a.tiling.range(tile)
        vm_gaussian_noise_f64(
          a.x.doubles, a.y.doubles, a.deviation, a.stream, a.random.integers, Int64(r.lowerBound),
          Int64(r.upperBound))
      },
      single: { a, tile in
        let r = a.tiling.range(tile)
        vm_gaussian_noise_f32(
          a.x.floats, a.y.floats, a.deviation, a.stream, a.random.integers, Int64(r.lowerBound),
          Int64(r.upperBound))
      })
  }
}
