import Kernels
import Tensors

/// A function of one number, applied to each element.
struct Elementwise: ElementPrimitive {
  enum Function: String, Hashable, Sendable, CaseIterable {
    /// `-x`.
    case negate
    /// `|x|`; the derivative at 0 is 0.
    case absolute
    /// -1, 0 or 1.
    case sign
    /// The largest integer that is at most `x`.
    case floor
    /// The smallest integer that is at least `x`.
    case ceil
    /// The nearest integer, the even one of two.
    case round
    /// `1 / x`.
    case reciprocal
    /// `x²`.
    case square
    /// `√x`.
    case sqrt
    /// `1 / √x`.
    case rsqrt
    /// `eˣ`.
    case exp
    /// `eˣ - 1`, exact near 0.
    case expm1
    /// The natural logarithm.
    case log
    /// `log(1 + x)`, exact near 0.
    case log1p
    /// The sine of radians.
    case sin
    /// The cosine of radians.
    case cos
    /// The tangent of radians.
    case tan
    /// The inverse of sine.
    case asin
    /// The inverse of cosine.
    case acos
    /// The inverse of tangent.
    case atan
    /// `(eˣ - e⁻ˣ) / 2`.
    case sinh
    /// `(eˣ + e⁻ˣ) / 2`.
    case cosh
    /// The inverse of sinh.
    case asinh
    /// The inverse of cosh.
    case acosh
    /// The inverse of tanh.
    case atanh
    /// `2/√π ∫₀ˣ e^(-t²) dt`.
    case erf
    /// `log(1 + eˣ)`, which never overflows.
    case softplus

    var kernel: Kernels.Function {
      switch self {
      case .negate: .negate
      case .absolute: .absolute
      case .sign: .sign
      case .floor: .floor
      case .ceil: .ceiling
      case .round: .round
      case .reciprocal: .reciprocal
      case .square: .square
      case .sqrt: .squareRoot
      case .rsqrt: .reciprocalSquareRoot
      case .exp: .exp
      case .expm1: .expm1
      case .log: .log
      case .log1p: .log1p
      case .sin: .sin
      case .cos: .cos
      case .tan: .tan
      case .asin: .asin
      case .acos: .acos
      case .atan: .atan
      case .sinh: .sinh
      case .cosh: .cosh
      case .asinh: .asinh
      case .acosh: .acosh
      case .atanh: .atanh
      case .erf: .erf
      case .softplus: .softplus
      }
    }

    /// Whether the derivative is 0 wherever there is one.
    var isPiecewiseConstant: Bool {
      switch self {
      case .sign, .floor, .ceil, .round: true
      default: false
      }
    }
  }

  let function: Function

  var name: String { function.rawValue }
  var program: ElementProgram { ElementProgram(.unary(function.kernel)) }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    if function.isPiecewiseConstant { return [nil] }
    let (x, y) = (context.inputs[0], context.output)
    return [try slope(&context.graph, x: x, y: y, times: context.cotangent)]
  }

  /// `f'(x) dy`.
  private func slope(
    _ graph: inout Graph, x: Value, y: Value, times dy: Value
  ) throws(GraphError) -> Value {
    switch function {
    case .negate: return try graph.negate(dy)
    case .absolute: return try graph.multiply(dy, graph.elementwise(.sign, x))
    case .sign, .floor, .ceil, .round: return try graph.scale(dy, by: 0)
    case .reciprocal: return try graph.negate(graph.multiply(dy, graph.square(y)))
    case .square: return try graph.multiply(graph.scale(dy, by: 2), x)
    case .sqrt: return try graph.divide(graph.scale(dy, by: 0.5), y)
    case .rsqrt:
      return try graph.multiply(graph.scale(dy, by: -0.5), graph.divide(y, x))
    case .exp: return try graph.multiply(dy, y)
    case .expm1: return try graph.multiply(dy, graph.offset(y, by: 1))
    case .log: return try graph.divide(dy, x)
    case .log1p: return try graph.divide(dy, graph.offset(x, by: 1))
    case .sin: return try graph.multiply(dy, graph.elementwise(.cos, x))
    case .cos: return try graph.negate(graph.multiply(dy, graph.elementwise(.sin, x)))
    case .tan: return try graph.multiply(dy, graph.offset(graph.square(y), by: 1))
    case .asin: return try graph.multiply(dy, inverseRoot(&graph, x, sign: -1, offset: 1))
    case .acos:
      return try graph.negate(graph.multiply(dy, inverseRoot(&graph, x, sign: -1, offset: 1)))
    case .atan: return try graph.divide(dy, graph.offset(graph.square(x), by: 1))
    case .sinh: return try graph.multiply(dy, graph.elementwise(.cosh, x))
    case .cosh: return try graph.multiply(dy, graph.elementwise(.sinh, x))
    case .asinh: return try graph.multiply(dy, inverseRoot(&graph, x, sign: 1, offset: 1))
    case .acosh: return try graph.multiply(dy, inverseRoot(&graph, x, sign: 1, offset: -1))
    case .atanh:
      return try graph.divide(dy, graph.offset(graph.negate(graph.square(x)), by: 1))
    case .erf:
      let bell = try graph.exp(graph.negate(graph.square(x)))
      return try graph.multiply(dy, graph.scale(bell, by: 2 / Double.pi.squareRoot()))
    case .softplus: return try graph.multiply(dy, graph.activation(.sigmoid, x))
    }
  }

  /// `1 / √(sign x² + offset)`.
  private func inverseRoot(
    _ graph: inout Graph, _ x: Value, sign: Double, offset: Double
  ) throws(GraphError) -> Value {
    let square = try graph.scale(graph.square(x), by: sign)
    return try graph.elementwise(.rsqrt, graph.offset(square, by: offset))
  }
}

extension Graph {
  mutating func elementwise(
    _ function: Elementwise.Function, _ x: Value
  ) throws(GraphError) -> Value { try apply(Elementwise(function: function), [x]) }

  /// `-x`.
  public mutating func negate(_ x: Value) throws(GraphError) -> Value {
    try elementwise(.negate, x)
  }

  /// `|x|`; the derivative at 0 is 0.
  public mutating func absolute(_ x: Value) throws(GraphError) -> Value {
    try elementwise(.absolute, x)
  }

  /// -1, 0 or 1.
  public mutating func sign(_ x: Value) throws(GraphError) -> Value { try elementwise(.sign, x) }

  /// The largest integer that is at most `x`.
  public mutating func floor(_ x: Value) throws(GraphError) -> Value {
    try elementwise(.floor, x)
  }

  /// The smallest integer that is at least `x`.
  public mutating func ceil(_ x: Value) throws(GraphError) -> Value { try elementwise(.ceil, x) }

  /// The nearest integer, the even one of two.
  public mutating func round(_ x: Value) throws(GraphError) -> Value {
    try elementwise(.round, x)
  }

  /// `1 / x`.
  public mutating func reciprocal(_ x: Value) throws(GraphError) -> Value {
    try elementwise(.reciprocal, x)
  }

  /// `x²`.
  public mutating func square(_ x: Value) throws(GraphError) -> Value {
    try elementwise(.square, x)
  }

  /// `√x`.
  public mutating func sqrt(_ x: Value) throws(GraphError) -> Value { try elementwise(.sqrt, x) }

  /// `1 / √x`.
  public mutating func rsqrt(_ x: Value) throws(GraphError) -> Value { try elementwise(.rsqrt, x) }

  /// `eˣ`.
  public mutating func exp(_ x: Value) throws(GraphError) -> Value { try elementwise(.exp, x) }

  /// `eˣ - 1`, exact near 0.
  public mutating func expm1(_ x: Value) throws(GraphError) -> Value { try elementwise(.expm1, x) }

  /// The natural logarithm.
  public mutating func log(_ x: Value) throws(GraphError) -> Value { try elementwise(.log, x) }

  /// `log(1 + x)`, exact near 0.
  public mutating func log1p(_ x: Value) throws(GraphError) -> Value { try elementwise(.log1p, x) }

  /// The sine of radians.
  public mutating func sin(_ x: Value) throws(GraphError) -> Value { try elementwise(.sin, x) }

  /// The cosine of radians.
  public mutating func cos(_ x: Value) throws(GraphError) -> Value { try elementwise(.cos, x) }

  /// The tangent of radians.
  public mutating func tan(_ x: Value) throws(GraphError) -> Value { try elementwise(.tan, x) }

  /// The inverse of sine.
  public mutating func asin(_ x: Value) throws(GraphError) -> Value { try elementwise(.asin, x) }

  /// The inverse of cosine.
  public mutating func acos(_ x: Value) throws(GraphError) -> Value { try elementwise(.acos, x) }

  /// The inverse of tangent.
  public mutating func atan(_ x: Value) throws(GraphError) -> Value { try elementwise(.atan, x) }

  /// `(eˣ - e⁻ˣ) / 2`.
  public mutating func sinh(_ x: Value) throws(GraphError) -> Value { try elementwise(.sinh, x) }

  /// `(eˣ + e⁻ˣ) / 2`.
  public mutating func cosh(_ x: Value) throws(GraphError) -> Value { try elementwise(.cosh, x) }

  /// The inverse of sinh.
  public mutating func asinh(_ x: Value) throws(GraphError) -> Value { try elementwise(.asinh, x) }

  /// The inverse of cosh.
  public mutating func acosh(_ x: Value) throws(GraphError) -> Value { try elementwise(.acosh, x) }

  /// The inverse of tanh.
  public mutating func atanh(_ x: Value) throws(GraphError) -> Value { try elementwise(.atanh, x) }

  /// `2/√π ∫₀ˣ e^(-t²) dt`.
  public mutating func erf(_ x: Value) throws(GraphError) -> Value { try elementwise(.erf, x) }

  /// `log(1 + eˣ)`, which never overflows.
  public mutating func softplus(_ x: Value) throws(GraphError) -> Value {
    try elementwise(.softplus, x)
  }
}

extension Elementwise {
  static var entries: [PrimitiveEntry] {
    let shapes: [Shape] = [[], [5], [1, 1], [3, 17], [2, 3, 4]]
    return Function.allCases.map { function in
      PrimitiveEntry(
        function.rawValue, isPiecewiseConstant: function.isPiecewiseConstant,
        cases: shapes.map {
          PrimitiveCase(
            Elementwise(function: function), [.init($0, function.domain)], torch: function.torch)
        })
    }
  }
}

extension Elementwise.Function {
  fileprivate var domain: PrimitiveCase.Numbers {
    switch self {
    case .reciprocal, .sqrt, .rsqrt, .log: .positive
    case .log1p, .tan, .asin, .acos, .atanh: .fractions
    case .acosh: .aboveOne
    default: .signed
    }
  }

  fileprivate var torch: String {
    switch self {
    case .negate: "-a"
    case .absolute: "torch.abs(a)"
    case .sign: "torch.sign(a)"
    case .floor: "torch.floor(a)"
    case .ceil: "torch.ceil(a)"
    case .round: "torch.round(a)"
    case .reciprocal: "1 / a"
    case .square: "a ** 2"
    case .sqrt: "torch.sqrt(a)"
    case .rsqrt: "torch.rsqrt(a)"
    case .exp: "torch.exp(a)"
    case .expm1: "torch.expm1(a)"
    case .log: "torch.log(a)"
    case .log1p: "torch.log1p(a)"
    case .sin: "torch.sin(a)"
    case .cos: "torch.cos(a)"
    case .tan: "torch.tan(a)"
    case .asin: "torch.asin(a)"
    case .acos: "torch.acos(a)"
    case .atan: "torch.atan(a)"
    case .sinh: "torch.sinh(a)"
    case .cosh: "torch.cosh(a)"
    case .asinh: "torch.asinh(a)"
    case .acosh: "torch.acosh(a)"
    case .atanh: "torch.atanh(a)"
    case .erf: "torch.erf(a)"
    case .softplus: "F.softplus(a)"
    }
  }
}
