import CVectorMath
import Tensors

extension Kernels {
  /// A function of two numbers.
  public enum Operation: Hashable, Sendable {
    case add, subtract, multiply, divide
    /// The first number.
    case first

    var code: Int32 {
      let code =
        switch self {
        case .add: VM_ADD
        case .subtract: VM_SUBTRACT
        case .multiply: VM_MULTIPLY
        case .divide: VM_DIVIDE
        case .first: VM_FIRST
        }
      return Int32(code.rawValue)
    }
  }

  private struct BinaryArguments {
    var operation: Int32
    var extents: Extents
    var aStrides: Extents
    var bStrides: Extents
    var a: UnsafeMutableRawPointer
    var b: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
    var tiling: Tiling
    /// Whether tiles cut the only run, else they cut rows.
    var cutsRun: Bool
    var byteCount: Int
  }

  /// `y = a ∘ b`, broadcast.
  public static func binary(
    _ operation: Operation, _ name: String, _ element: ElementType, a: UnsafeMutableRawPointer,
    aShape: Shape, b: UnsafeMutableRawPointer, bShape: Shape, y: UnsafeMutableRawPointer,
    shape: Shape
  ) -> KernelCall {
    strided(
      operation, name, element, a: a, aStrides: aShape.strides(repeatedTo: shape), b: b,
      bStrides: bShape.strides(repeatedTo: shape), y: y, extents: shape.dimensions)
  }

  /// `y = x` with axes in another order: axis `i` of `y` is axis `axes[i]` of `x`.
  public static func transpose(
    _ element: ElementType, x: UnsafeMutableRawPointer, shape: Shape, axes: [Int],
    y: UnsafeMutableRawPointer
  ) -> KernelCall {
    let strides = shape.strides
    let moved = axes.map { strides[$0] }
    return strided(
      .first, "transpose", element, a: x, aStrides: moved, b: x, bStrides: moved, y: y,
      extents: axes.map { shape[$0] })
  }

  private static func strided(
    _ operation: Operation, _ name: String, _ element: ElementType, a: UnsafeMutableRawPointer,
    aStrides: [Int], b: UnsafeMutableRawPointer, bStrides: [Int], y: UnsafeMutableRawPointer,
    extents: [Int]
  ) -> KernelCall {
    let joined = JoinedAxes(extents: extents, a: aStrides, b: bStrides)
    let count = joined.extents.reduce(1, *)
    let run = joined.extents[joined.extents.count - 1]
    let cutsRun = joined.extents.count == 1
    let tiling =
      cutsRun
      ? Tiling(count: run, grain: 16_384, multiple: 64)
      : Tiling(count: count / run, grain: max(1, 16_384 / run))
    let arguments = BinaryArguments(
      operation: operation.code, extents: Extents(joined.extents), aStrides: Extents(joined.a),
      bStrides: Extents(joined.b), a: a, b: b, y: y, tiling: tiling, cutsRun: cutsRun,
      byteCount: element.byteCount)
    return Kernel(
      name, tiles: tiling.tiles, flops: count, bytes: bytes(3 * count, element),
      arguments: arguments,
      for: element,
      double: { arguments, tile in
        Kernels.run(arguments, tile) { rank, extents, a, sa, b, sb, y, first, end in
          vm_binary_f64(
            arguments.operation, rank, extents, a.doubles, sa, b.doubles, sb, y.doubles, first,
            end)
        }
      },
      single: { arguments, tile in
        Kernels.run(arguments, tile) { rank, extents, a, sa, b, sb, y, first, end in
          vm_binary_f32(
            arguments.operation, rank, extents, a.floats, sa, b.floats, sb, y.floats, first, end)
        }
      })
  }

  @inline(__always)
  private static func run(
    _ arguments: BinaryArguments, _ tile: Int,
    _ body: (
      Int32, UnsafePointer<Int64>?, UnsafeMutableRawPointer, UnsafePointer<Int64>?,
      UnsafeMutableRawPointer, UnsafePointer<Int64>?, UnsafeMutableRawPointer, Int64, Int64
    ) -> Void
  ) {
    let range = arguments.tiling.range(tile)
    arguments.aStrides.withPointer { sa in
      arguments.bStrides.withPointer { sb in
        if arguments.cutsRun {
          var one = arguments.extents
          one.values[0] = Int64(range.count)
          let start = range.lowerBound * arguments.byteCount
          one.withPointer { extents in
            body(
              1, extents, arguments.a + start * Int(arguments.aStrides.values[0]), sa,
              arguments.b + start * Int(arguments.bStrides.values[0]), sb, arguments.y + start, 0, 1
            )
          }
        } else {
          arguments.extents.withPointer { extents in
            body(
              Int32(arguments.extents.count), extents, arguments.a, sa, arguments.b, sb,
              arguments.y, Int64(range.lowerBound), Int64(range.upperBound))
          }
        }
      }
    }
  }
}
