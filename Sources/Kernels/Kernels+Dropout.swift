import CVectorMath
import Tensors

extension Kernels {
  private struct DropoutArguments {
    var x: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
    var factors: UnsafeMutableRawPointer?
    var random: UnsafeMutableRawPointer
    var rate: Double
    var stream: UInt64
    var tiling: Tiling
  }

  /// `y = x · factor`, 0 with probability `rate`, else `1 / (1 - rate)`.
  ///
  /// - Parameters:
  ///   - random: int32 [4], seed and step, low words first.
  ///   - stream: mixed into the key, to keep several uses apart.
  public static func dropout(
    _ element: ElementType, x: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer,
    factors: UnsafeMutableRawPointer?, random: UnsafeMutableRawPointer, rate: Double,
    stream: UInt64, count: Int
  ) -> KernelCall {
    let tiling = Tiling(count: count, grain: 8_192, multiple: 64)
    let arguments = DropoutArguments(
      x: x, y: y, factors: factors, random: random, rate: rate, stream: stream, tiling: tiling)
    return Kernel(
      "dropout", tiles: tiling.tiles, flops: count, bytes: bytes(3 * count, element),
      arguments: arguments,
      for: element,
      double: { a, tile in
        let r = a.tiling.range(tile)
        vm_dropout_f64(
          a.x.doubles, a.y.doubles, a.factors?.doubles, a.rate, a.stream, a.random.integers,
          Int64(r.lowerBound), Int64(r.upperBound))
      },
      single: { a, tile in
        let r = a.tiling.range(tile)
        vm_dropout_f32(
          a.x.floats, a.y.floats, a.factors?.floats, a.rate, a.stream, a.random.integers,
          Int64(r.lowerBound), Int64(r.upperBound))
      })
  }
}
