import CVectorMath
import Tensors

/// How the weights into the units of a layer lie in a parameter: `[G, I, O, K]`, where the weights into unit `(g, o)` are all
/// `[g, ·, o, ·]`.
///
/// A matrix `[out, in]` and a kernel `[out, in, h, w]` are `G = out`, `I = O = 1`; a transposed convolution's kernel
/// `[in, out/groups, h, w]` is `G = groups`, `O = out/groups`.
public struct IncomingWeights: Hashable, Sendable {
  public let groups: Int
  public let runs: Int
  public let unitsInGroup: Int
  public let length: Int

  public init(groups: Int, runs: Int = 1, unitsInGroup: Int = 1, length: Int) {
    self.groups = groups
    self.runs = runs
    self.unitsInGroup = unitsInGroup
    self.length = length
  }

  public var units: Int { groups * unitsInGroup }
  public var count: Int { units * runs * length }

  /// Where the first weight into a unit is.
  func start(of unit: Int) -> Int {
    let (group, place) = unit.quotientAndRemainder(dividingBy: unitsInGroup)
    return (group * runs * unitsInGroup + place) * length
  }

  var weights: vm_unit_weights {
    vm_unit_weights(runs: runs, stride: unitsInGroup * length, length: length)
  }
}

/// What is done to parameters after an update, unit by unit or element by element; in place.
public enum ConstraintKernels {
  private struct Arguments: @unchecked Sendable {
    let parameter: UnsafeMutableRawPointer
    let layout: IncomingWeights
    /// Of units, or of elements.
    let tiling: Tiling
    let limit: Double
  }

  private static func arguments(
    _ parameter: UnsafeMutableRawPointer, _ layout: IncomingWeights, limit: Double = 0
  ) -> Arguments {
    let weights = max(1, layout.runs * layout.length)
    let tiling = Tiling(count: layout.units, grain: max(1, 16_384 / weights))
    return Arguments(parameter: parameter, layout: layout, tiling: tiling, limit: limit)
  }

  /// Scales the weights into each unit down to an L2 norm of at most `limit`.
  ///
  /// The norm of what comes out, summed in double, is never above the limit; a norm that isn't finite stays as it is.
  public static func boundNorm(
    _ parameter: UnsafeMutableRawPointer, _ layout: IncomingWeights, limit: Double,
    element: ElementType
  ) -> KernelCall {
    let arguments = arguments(parameter, layout, limit: limit)
    return Kernel(
      "bound_norm", tiles: arguments.tiling.tiles, flops: 3 * layout.count,
      bytes: 2 * layout.count * element.byteCount, arguments: arguments, for: element,
      double: { a, tile in
        var weights = a.layout.weights
        let start = a.parameter.assumingMemoryBound(to: Double.self)
        for unit in a.tiling.range(tile) {
          vm_bound_norm_f64(start + a.layout.start(of: unit), &weights, a.limit)
        }
      },
      single: { a, tile in
        var weights = a.layout.weights
        let start = a.parameter.assumingMemoryBound(to: Float.self)
        for unit in a.tiling.range(tile) {
          vm_bound_norm_f32(start + a.layout.start(of: unit), &weights, a.limit)
        }
      })
  }

  /// Scales the weights into each unit to an L2 norm of 1; zeros stay.
  public static func unitNorm(
    _ parameter: UnsafeMutableRawPointer, _ layout: IncomingWeights, element: ElementType
  ) -> KernelCall {
    let arguments = arguments(parameter, layout)
    return Kernel(
      "unit_norm", tiles: arguments.tiling.tiles, flops: 3 * layout.count,
      bytes: 2 * layout.count * element.byteCount, arguments: arguments, for: element,
      double: { a, tile in
        var weights = a.layout.weights
        let start = a.parameter.assumingMemoryBound(to: Double.self)
        for unit in a.tiling.range(tile) {
          vm_unit_norm_f64(start + a.layout.start(of: unit), &weights)
        }
      },
      single: { a, tile in
        var weights = a.layout.weights
        let start = a.parameter.assumingMemoryBound(to: Float.self)
        for unit in a.tiling.range(tile) {
          vm_unit_norm_f32(start + a.layout.start(of: unit), &weights)
        }
      })
  }

  /// Makes every element that is below 0 0.
  public static func nonNegative(
    _ parameter: UnsafeMutableRawPointer, count: Int, element: ElementType
  ) -> KernelCall {
    let arguments = Arguments(
      parameter: parameter, layout: IncomingWeights(groups: count, length: 1),
      tiling: Tiling(count: count, grain: 16_384), limit: 0)
    return Kernel(
      "non_negative", tiles: arguments.tiling.tiles, flops: count,
      bytes: 2 * count * element.byteCount, arguments: arguments, for: element,
      double: { a, tile in
        let range = a.tiling.range(tile)
        vm_non_negative_f64(
          a.parameter.assumingMemoryBound(to: Double.self) + range.lowerBound, range.count)
      },
      single: { a, tile in
        let range = a.tiling.range(tile)
        vm_non_negative_f32(
          a.parameter.assumingMemoryBound(to: Float.self) + range.lowerBound, range.count)
      })
  }
}
