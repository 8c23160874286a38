import CVectorMath
import Tensors

extension Kernels {
  /// A loss that is a mean over elements.
  public enum ElementLoss: Hashable, Sendable { case squaredError, binaryCrossEntropy }

  private struct ElementLossArguments {
    var x: UnsafeMutableRawPointer
    var t: UnsafeMutableRawPointer
    var dx: UnsafeMutableRawPointer?
    var losses: UnsafeMutableRawPointer
    var count: Int
    var tiling: Tiling
  }

  private static func elementTiling(_ count: Int) -> Tiling {
    Tiling(count: count, grain: 16_384, multiple: 64)
  }

  public static func elementLossWorkspaceBytes(count: Int) -> Int {
    8 * elementTiling(count).tiles
  }

  /// The mean loss over elements, and its derivative by `x` when `dx` isn't `nil`.
  public static func elementLoss(
    _ loss: ElementLoss, _ element: ElementType, x: UnsafeMutableRawPointer,
    target: UnsafeMutableRawPointer, dx: UnsafeMutableRawPointer?, y: UnsafeMutableRawPointer,
    count: Int, workspace: UnsafeMutableRawPointer
  ) -> [KernelCall] {
    let tiling = elementTiling(count)
    let arguments = ElementLossArguments(
      x: x, t: target, dx: dx, losses: workspace, count: count, tiling: tiling)
    let body: @Sendable (ElementLossArguments, Int) -> Void =
      switch (loss, element) {
      case (.squaredError, .float64):
        { a, tile in
          let r = a.tiling.range(tile)
          let s = r.lowerBound
          vm_squared_error_f64(
            a.x.doubles + s, a.t.doubles + s, a.dx.map { $0.doubles + s },
            a.losses.doubles + tile, Int64(r.count), Int64(a.count))
        }
      case (.squaredError, _):
        { a, tile in
          let r = a.tiling.range(tile)
          let s = r.lowerBound
          vm_squared_error_f32(
            a.x.floats + s, a.t.floats + s, a.dx.map { $0.floats + s }, a.losses.doubles + tile,
            Int64(r.count), Int64(a.count))
        }
      case (.binaryCrossEntropy, .float64):
        { a, tile in
          let r = a.tiling.range(tile)
          let s = r.lowerBound
          vm_binary_cross_entropy_f64(
            a.x.doubles + s, a.t.doubles + s, a.dx.map { $0.doubles + s },
            a.losses.doubles + tile, Int64(r.count), Int64(a.count))
        }
      case (.binaryCrossEntropy, _):
        { a, tile in
          let r = a.tiling.range(tile)
          let s = r.lowerBound
          vm_binary_cross_entropy_f32(
            a.x.floats + s, a.t.floats + s, a.dx.map { $0.floats + s }, a.losses.doubles + tile,
            Int64(r.count), Int64(a.count))
        }
      }
    let name = loss == .squaredError ? "mean_squared_error" : "binary_cross_entropy"
    let kernel = Kernel(
      name, tiles: tiling.tiles, flops: 4 * count, bytes: bytes(3 * count, element),
      arguments: arguments, body: body)
    return [kernel, mean(element, of: workspace, parts: tiling.tiles, over: count, y: y)]
  }
}
