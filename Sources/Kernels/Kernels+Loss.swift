import CVectorMath
import Tensors

extension Kernels {
  /// A loss that is a mean over elements.
  public enum ElementLoss: Hashable, Sendable { case squaredError, binaryCrossEntropy }

  private struct CrossEntropyArguments {
    var x: UnsafeMutableRawPointer
    var classes: UnsafeMutableRawPointer
    var dx: UnsafeMutableRawPointer?
    var losses: UnsafeMutableRawPointer
    var rows: Int
    var width: Int
    var tiling: Tiling
  }

  private struct ElementLossArguments {
    var x: UnsafeMutableRawPointer
    var t: UnsafeMutableRawPointer
    var dx: UnsafeMutableRawPointer?
    var losses: UnsafeMutableRawPointer
    var count: Int
    var tiling: Tiling
  }

  private struct MeanArguments {
    var parts: UnsafeMutableRawPointer
    var count: Int
    var divisor: Double
    var y: UnsafeMutableRawPointer
  }

  /// Bytes for the losses of rows, in double.
  public static func crossEntropyWorkspaceBytes(rows: Int) -> Int { 8 * rows }

  /// Softmax cross-entropy of each row, and the derivative of their mean when `dx` isn't `nil`.
  public static func crossEntropy(
    _ element: ElementType, x: UnsafeMutableRawPointer, classes: UnsafeMutableRawPointer,
    dx: UnsafeMutableRawPointer?, y: UnsafeMutableRawPointer, rows: Int, width: Int,
    workspace: UnsafeMutableRawPointer
  ) -> [KernelCall] {
    let tiling = Tiling(count: rows, grain: max(1, 8_192 / max(1, width)))
    let arguments = CrossEntropyArguments(
      x: x, classes: classes, dx: dx, losses: workspace, rows: rows, width: width, tiling: tiling)
    let losses = Kernel(
      "softmax_cross_entropy", tiles: tiling.tiles, flops: 5 * rows * width,
      bytes: bytes(2 * rows * width, element), arguments: arguments,
      for: element,
      double: { a, tile in
        let range = a.tiling.range(tile)
        vm_cross_entropy_f64(
          a.x.doubles, a.classes.integers, a.dx?.doubles, a.losses.doubles,
          Int64(range.lowerBound), Int64(range.upperBound), Int64(a.rows), Int64(a.width))
      },
      single: { a, tile in
        let range = a.tiling.range(tile)
        vm_cross_entropy_f32(
          a.x.floats, a.classes.integers, a.dx?.floats, a.losses.doubles,
          Int64(range.lowerBound), Int64(range.upperBound), Int64(a.rows), Int64(a.width))
      })
    return [losses, mean(element, of: workspace, parts: rows, over: rows, y: y)]
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

  private static func mean(
    _ element: ElementType, of parts: UnsafeMutableRawPointer, parts count: Int, over divisor: Int,
    y: UnsafeMutableRawPointer
  ) -> KernelCall {
    let arguments = MeanArguments(parts: parts, count: count, divisor: Double(divisor), y: y)
    return Kernel(
      "mean_of_losses", flops: count, bytes: 8 * count, arguments: arguments,
      for: element,
      double: { a, _ in a.y.doubles[0] = vm_sum_doubles(a.parts.doubles, Int64(a.count)) / a.divisor
      },
      single: { a, _ in
        a.y.floats[0] = Float(vm_sum_doubles(a.parts.doubles, Int64(a.count)) / a.divisor)
      })
  }
}
