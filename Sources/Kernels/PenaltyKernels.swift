import CVectorMath
import Tensors

/// What a pass over a penalised parameter adds up: `Σ|w|` and `Σw²`.
public typealias PenaltySums = vm_penalty_sums

extension vm_penalty_sums {
  /// The penalty `l1 Σ|w| + l2 Σw²`. A strength of 0 takes nothing of a sum that isn't finite.
  public func penalty(l1: Double, l2: Double) -> Double {
    (l1 == 0 ? 0 : l1 * magnitudes) + (l2 == 0 ? 0 : l2 * squares)
  }
}

/// Penalties on parameters: one pass adds their derivative to the gradient and sums them up.
public enum PenaltyKernels {
  public static func tiling(count: Int) -> Tiling {
    Tiling(count: count, grain: 16_384, multiple: 16)
  }

  private struct Arguments: @unchecked Sendable {
    let gradient: UnsafeMutableRawPointer
    let parameter: UnsafeRawPointer
    let l1: Double
    let l2: Double
    let tiling: Tiling
    let sums: UnsafeMutablePointer<PenaltySums>
  }

  /// `g += l1 sign(w) + 2 l2 w`, the derivative of `l1 Σ|w| + l2 Σw²` with 0 for `|w|` at 0.
  ///
  /// - Parameter sums: an entry a tile of `tiling(count:)`; each run overwrites it.
  public static func penalty(
    gradient: UnsafeMutableRawPointer, parameter: UnsafeRawPointer, count: Int,
    element: ElementType, l1: Double, l2: Double, sums: UnsafeMutablePointer<PenaltySums>
  ) -> KernelCall {
    let tiling = tiling(count: count)
    let arguments = Arguments(
      gradient: gradient, parameter: parameter, l1: l1, l2: l2, tiling: tiling, sums: sums)
    return Kernel(
      "penalty", tiles: tiling.tiles, flops: 7 * count, bytes: 3 * count * element.byteCount,
      arguments: arguments, for: element,
      double: { a, tile in
        let range = a.tiling.range(tile)
        vm_penalty_f64(
          a.gradient.assumingMemoryBound(to: Double.self) + range.lowerBound,
          a.parameter.assumingMemoryBound(to: Double.self) + range.lowerBound, range.count, a.l1,
          a.l2, a.sums + tile)
      },
      single: { a, tile in
        let range = a.tiling.range(tile)
        vm_penalty_f32(
          a.gradient.assumingMemoryBound(to: Float.self) + range.lowerBound,
          a.parameter.assumingMemoryBound(to: Float.self) + range.lowerBound, range.count, a.l1,
          a.l2, a.sums + tile)
      })
  }
}
