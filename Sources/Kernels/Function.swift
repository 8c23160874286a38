import CVectorMath

extension Kernels {
  /// A function of one number.
  public enum Function: Hashable, Sendable {
    case copy, negate, absolute, sign, reciprocal, square, squareRoot, reciprocalSquareRoot
    case exp, expm1, log, log1p
    case sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh, atanh
    case erf, sigmoid, softplus, relu, gelu, geluTanh, swish
    /// To integers; `round` to the even one of two that are as near.
    case floor, ceiling, round
    /// The number, whatever `x` is.
    case constant(Double)
    /// `number · x`.
    case scale(Double)
    /// `x + number`.
    case offset(Double)
    /// The larger of `x` and a number, and NaN for NaN.
    case atLeast(Double)
    /// The smaller of `x` and a number, and NaN for NaN.
    case atMost(Double)
    case leakyRelu(Double)
    case elu(Double)

    var code: Int32 {
      let code =
        switch self {
        case .copy: VM_COPY
        case .negate: VM_NEGATE
        case .absolute: VM_ABSOLUTE
        case .sign: VM_SIGN
        case .reciprocal: VM_RECIPROCAL
        case .square: VM_SQUARE
        case .squareRoot: VM_SQRT
        case .reciprocalSquareRoot: VM_RSQRT
        case .exp: VM_EXP
        case .expm1: VM_EXPM1
        case .log: VM_LOG
        case .log1p: VM_LOG1P
        case .sin: VM_SIN
        case .cos: VM_COS
        case .tan: VM_TAN
        case .asin: VM_ASIN
        case .acos: VM_ACOS
        case .atan: VM_ATAN
        case .sinh: VM_SINH
        case .cosh: VM_COSH
        case .tanh: VM_TANH
        case .asinh: VM_ASINH
        case .acosh: VM_ACOSH
        case .atanh: VM_ATANH
        case .erf: VM_ERF
        case .sigmoid: VM_SIGMOID
        case .softplus: VM_SOFTPLUS
        case .relu: VM_RELU
        case .gelu: VM_GELU
        case .geluTanh: VM_GELU_TANH
        case .swish: VM_SWISH
        case .scale: VM_SCALE
        case .offset: VM_OFFSET
        case .atLeast: VM_AT_LEAST
        case .atMost: VM_AT_MOST
        case .leakyRelu: VM_LEAKY_RELU
        case .elu: VM_ELU
        case .floor: VM_FLOOR
        case .ceiling: VM_CEIL
        case .round: VM_ROUND
        case .constant: VM_CONSTANT
        }
      return Int32(code.rawValue)
    }

    var parameter: Double {
      switch self {
      case .scale(let number), .offset(let number), .atLeast(let number), .atMost(let number),
        .leakyRelu(let number), .elu(let number), .constant(let number):
        number
      default: 0
      }
    }
  }

  /// A function of two numbers; comparisons are 1 or 0.
  public enum Operation: Hashable, Sendable {
    case add, subtract, multiply, divide, power, maximum, minimum
    case equal, notEqual, less, lessEqual, greater, greaterEqual
    /// The first number.
    case first

    var code: Int32 {
      let code =
        switch self {
        case .add: VM_ADD
        case .subtract: VM_SUBTRACT
        case .multiply: VM_MULTIPLY
        case .divide: VM_DIVIDE
        case .power: VM_POWER
        case .maximum: VM_MAXIMUM
        case .minimum: VM_MINIMUM
        case .equal: VM_EQUAL
        case .notEqual: VM_NOT_EQUAL
        case .less: VM_LESS
        case .lessEqual: VM_LESS_EQUAL
        case .greater: VM_GREATER
        case .greaterEqual: VM_GREATER_EQUAL
        case .first: VM_FIRST
        }
      return Int32(code.rawValue)
    }
  }
}
