import CVectorMath
import Tensors

/// Where the places of an axis lie on the axis that they are made from.
public struct AxisMap: Hashable, Sendable {
  public let inputs: Int
  public let outputs: Int
  /// Whether a place takes of both its neighbours, or all of the one before it.
  public let isLinear: Bool
  /// Place `i` lies at `max(0, (i + offset) / scale - offset)`.
  public let scale: Double
  public let offset: Double

  public init(inputs: Int, outputs: Int, isLinear: Bool, scale: Double, offset: Double) {
    self.inputs = inputs
    self.outputs = outputs
    self.isLinear = isLinear
    self.scale = scale
    self.offset = offset
  }

  fileprivate var numbers: vm_axis_map {
    vm_axis_map(
      inputs: Int64(inputs), outputs: Int64(outputs), is_linear: isLinear ? 1 : 0, scale: scale,
      offset: offset)
  }
}

extension Kernels {
  private struct InterpolationArguments {
    var map: vm_axis_map
    var x: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
    var inner: Int64
    var isGradient: Bool
    var tiling: Tiling
  }

  /// `x [rows, inputs, inner] -> y [rows, outputs, inner]`, or with `isGradient` from `y`, which are cotangents,
  /// to `x`, theirs.
  public static func interpolate(
    _ name: String, _ element: ElementType, _ map: AxisMap, isGradient: Bool,
    x: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer, rows: Int, inner: Int
  ) -> KernelCall {
    let tiling = rowTiling(rows, width: max(map.inputs, map.outputs) * inner)
    return Kernel(
      name, tiles: tiling.tiles, flops: rows * map.outputs * inner * (map.isLinear ? 3 : 1),
      bytes: bytes(rows * (map.inputs + map.outputs) * inner, element),
      arguments: InterpolationArguments(
        map: map.numbers, x: x, y: y, inner: Int64(inner), isGradient: isGradient, tiling: tiling),
      for: element,
      double: { a, tile in
        let (r, map) = (a.tiling.range(tile), a.map)
        let (first, end) = (Int64(r.lowerBound), Int64(r.upperBound))
        withUnsafePointer(to: map) { map in
          a.isGradient
            ? vm_interpolate_gradient_f64(map, a.y.doubles, a.x.doubles, a.inner, first, end)
            : vm_interpolate_f64(map, a.x.doubles, a.y.doubles, a.inner, first, end)
        }
      },
      single: { a, tile in
        let (r, map) = (a.tiling.range(tile), a.map)
        let (first, end) = (Int64(r.lowerBound), Int64(r.upperBound))
        withUnsafePointer(to: map) { map in
          a.isGradient
            ? vm_interpolate_gradient_f32(map, a.y.floats, a.x.floats, a.inner, first, end)
            : vm_interpolate_f32(map, a.x.floats, a.y.floats, a.inner, first, end)
        }
      })
  }
}
