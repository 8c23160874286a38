import CVectorMath
import Tensors

extension Kernels {
  /// A function of one number.
  public enum Function: Hashable, Sendable {
    case copy, negate, exp, log, squareRoot, square
    case scale(Double)
    case relu, sigmoid, tanh, gelu, geluTanh, swish
    case leakyRelu(Double)
    case elu(Double)

    var code: Int32 {
      let code =
        switch self {
        case .copy: VM_COPY
        case .negate: VM_NEGATE
        case .exp: VM_EXP
        case .log: VM_LOG
        case .squareRoot: VM_SQRT
        case .square: VM_SQUARE
        case .scale: VM_SCALE
        case .relu: VM_RELU
        case .sigmoid: VM_SIGMOID
        case .tanh: VM_TANH
        case .leakyRelu: VM_LEAKY_RELU
        case .elu: VM_ELU
        case .gelu: VM_GELU
        case .geluTanh: VM_GELU_TANH
        case .swish: VM_SWISH
        }
      return Int32(code.rawValue)
    }

    var parameter: Double {
      switch self {
      case .scale(let number), .leakyRelu(let number), .elu(let number): number
      default: 0
      }
    }
  }

  struct UnaryArguments {
    var function: Int32
    var parameter: Double
    var x: UnsafeMutableRawPointer
    var second: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
    var tiling: Tiling
  }

  private static let grain = 16_384

  /// `y = f(x)`; `y` may be `x`.
  public static func unary(
    _ function: Function, _ name: String, _ element: ElementType, x: UnsafeMutableRawPointer,
    y: UnsafeMutableRawPointer, count: Int
  ) -> KernelCall {
    let tiling = Tiling(count: count, grain: grain, multiple: 64)
    let arguments = UnaryArguments(
      function: function.code, parameter: function.parameter, x: x, second: x, y: y, tiling: tiling)
    return Kernel(
      name, tiles: tiling.tiles, flops: count, bytes: bytes(2 * count, element),
      arguments: arguments,
      for: element,
      double: { a, tile in
        let range = a.tiling.range(tile)
        vm_unary_f64(
          a.function, a.parameter, a.x.doubles + range.lowerBound,
          a.y.doubles + range.lowerBound, Int64(range.count))
      },
      single: { a, tile in
        let range = a.tiling.range(tile)
        vm_unary_f32(
          a.function, Float(a.parameter), a.x.floats + range.lowerBound,
          a.y.floats + range.lowerBound, Int64(range.count))
      })
  }

  /// `dx = f'(x) dy`, from `x` or `y`, whichever the function keeps; `dx` may be either.
  public static func unaryGradient(
    _ function: Function, _ name: String, _ element: ElementType, dy: UnsafeMutableRawPointer,
    kept: UnsafeMutableRawPointer, dx: UnsafeMutableRawPointer, count: Int
  ) -> KernelCall {
    let tiling = Tiling(count: count, grain: grain, multiple: 64)
    let arguments = UnaryArguments(
      function: function.code, parameter: function.parameter, x: dy, second: kept, y: dx,
      tiling: tiling)
    return Kernel(
      name, tiles: tiling.tiles, flops: 2 * count, bytes: bytes(3 * count, element),
      arguments: arguments,
      for: element,
      double: { a, tile in
        let range = a.tiling.range(tile)
        let start = range.lowerBound
        vm_unary_gradient_f64(
          a.function, a.parameter, a.x.doubles + start, a.second.doubles + start,
          a.y.doubles + start, Int64(range.count))
      },
      single: { a, tile in
        let range = a.tiling.range(tile)
        let start = range.lowerBound
        vm_unary_gradient_f32(
          a.function, Float(a.parameter), a.x.floats + start, a.second.floats + start,
          a.y.floats + start, Int64(range.count))
      })
  }
}
