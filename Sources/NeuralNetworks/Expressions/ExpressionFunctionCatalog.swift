import Autodiff
import Expressions
import JSON

/// The functions that expressions may call, in the order in which messages and documentation list them.
public enum ExpressionFunctionCatalog {
  public static let all: [ExpressionFunction] =
    powers + trigonometric + steps + choices + activations

  private static let powers: [ExpressionFunction] = [
    ExpressionFunction("exp", "eˣ") { (g, x) throws(GraphError) in try g.exp(x) },
    ExpressionFunction("expm1", "eˣ - 1, exact near 0") { (g, x) throws(GraphError) in
      try g.expm1(x)
    },
    ExpressionFunction("log", aliases: ["ln"], "the natural logarithm, for x > 0") {
      (g, x) throws(GraphError) in try g.log(x)
    },
    ExpressionFunction("log1p", "log(1 + x), exact near 0, for x > -1") {
      (g, x) throws(GraphError) in try g.log1p(x)
    },
    ExpressionFunction("sqrt", "√x, for x >= 0") { (g, x) throws(GraphError) in try g.sqrt(x) },
    ExpressionFunction("rsqrt", "1 / √x, for x > 0") { (g, x) throws(GraphError) in
      try g.rsqrt(x)
    },
    ExpressionFunction("square", "x²") { (g, x) throws(GraphError) in try g.square(x) },
    ExpressionFunction("pow", ["x", "y"], "x ^ y; for a y with a fraction x >= 0") {
      (g, x) throws(GraphError) in try g.power(x[0], to: x[1])
    },
    ExpressionFunction("erf", "2/√π ∫₀ˣ exp(-t²) dt") { (g, x) throws(GraphError) in try g.erf(x) },
  ]

  private static let trigonometric: [ExpressionFunction] = [
    ExpressionFunction("sin", "the sine of radians") { (g, x) throws(GraphError) in try g.sin(x) },
    ExpressionFunction("cos", "the cosine of radians") { (g, x) throws(GraphError) in
      try g.cos(x)
    },
    ExpressionFunction("tan", "the tangent of radians") { (g, x) throws(GraphError) in
      try g.tan(x)
    },
    ExpressionFunction("asin", "the inverse of sin, for -1 <= x <= 1") {
      (g, x) throws(GraphError) in try g.asin(x)
    },
    ExpressionFunction("acos", "the inverse of cos, for -1 <= x <= 1") {
      (g, x) throws(GraphError) in try g.acos(x)
    },
    ExpressionFunction("atan", "the inverse of tan") { (g, x) throws(GraphError) in try g.atan(x) },
    ExpressionFunction("sinh", "(eˣ - e⁻ˣ) / 2") { (g, x) throws(GraphError) in try g.sinh(x) },
    ExpressionFunction("cosh", "(eˣ + e⁻ˣ) / 2") { (g, x) throws(GraphError) in try g.cosh(x) },
    ExpressionFunction("tanh", "sinh(x) / cosh(x)") { (g, x) throws(GraphError) in
      try g.activation(.tanh, x)
    },
    ExpressionFunction("asinh", "the inverse of sinh") { (g, x) throws(GraphError) in
      try g.asinh(x)
    },
    ExpressionFunction("acosh", "the inverse of cosh, for x >= 1") {
      (g, x) throws(GraphError) in try g.acosh(x)
    },
    ExpressionFunction("atanh", "the inverse of tanh, for -1 < x < 1") {
      (g, x) throws(GraphError) in try g.atanh(x)
    },
  ]

  private static let steps: [ExpressionFunction] = [
    ExpressionFunction("abs", "|x|; its derivative at 0 is 0") { (g, x) throws(GraphError) in
      try g.absolute(x)
    },
    ExpressionFunction("sign", "-1, 0 or 1", hasSlope: false) { (g, x) throws(GraphError) in
      try g.sign(x)
    },
    ExpressionFunction("floor", "the largest integer that is at most x", hasSlope: false) {
      (g, x) throws(GraphError) in try g.floor(x)
    },
    ExpressionFunction("ceil", "the smallest integer that is at least x", hasSlope: false) {
      (g, x) throws(GraphError) in try g.ceil(x)
    },
    ExpressionFunction("round", "the nearest integer, the even one of two", hasSlope: false) {
      (g, x) throws(GraphError) in try g.round(x)
    },
  ]

  private static let choices: [ExpressionFunction] = [
    ExpressionFunction(
      "min", ["a", "b"], repeats: true,
      "the smallest; where two are equal each has half the derivative"
    ) { (g, x) throws(GraphError) in
      try g.folded(x) { (g, a, b) throws(GraphError) in try g.minimum(a, b) }
    },
    ExpressionFunction(
      "max", ["a", "b"], repeats: true,
      "the largest; where two are equal each has half the derivative"
    ) { (g, x) throws(GraphError) in
      try g.folded(x) { (g, a, b) throws(GraphError) in try g.maximum(a, b) }
    },
    ExpressionFunction(
      "clip", aliases: ["clamp"], ["x", "low", "high"], "min(max(x, low), high)"
    ) { (g, x) throws(GraphError) in
      if let low = x[1].number, let high = x[2].number {
        // As torch.clamp, which takes the upper limit where the two are the wrong way round.
        return try g.clip(x[0].value, from: min(low, high), to: high)
      }
      return try g.minimum(g.maximum(x[0].value, x[1].value), x[2].value)
    },
    ExpressionFunction(
      "where", aliases: ["if"], ["condition", "a", "b"], "a where the condition isn't 0, else b"
    ) { (g, x) throws(GraphError) in try g.select(x[0].value, x[1].value, x[2].value) },
  ]

  private static let activations: [ExpressionFunction] = [
    ExpressionFunction("sigmoid", "1 / (1 + exp(-x))") { (g, x) throws(GraphError) in
      try g.activation(.sigmoid, x)
    },
    ExpressionFunction("log_sigmoid", "-log(1 + exp(-x))") { (g, x) throws(GraphError) in
      try g.negate(g.softplus(g.negate(x)))
    },
    ExpressionFunction("softplus", "log(1 + exp(x))") { (g, x) throws(GraphError) in
      try g.softplus(x)
    },
    ExpressionFunction("softsign", "x / (1 + |x|)") { (g, x) throws(GraphError) in
      try g.divide(x, g.offset(g.absolute(x), by: 1))
    },
    ExpressionFunction("relu", "max(x, 0); its derivative at 0 is 0") {
      (g, x) throws(GraphError) in try g.activation(.relu, x)
    },
    ExpressionFunction("relu6", "clip(x, 0, 6)") { (g, x) throws(GraphError) in
      try g.clip(x, from: 0, to: 6)
    },
    ExpressionFunction(
      "leaky_relu", ["x", "slope"], optional: 1,
      "x if x > 0, else slope x; the slope is 0.01 when left out"
    ) { (g, x) throws(GraphError) in
      let slope = x.count > 1 ? x[1].number : 0.01
      if let slope { return try g.activation(.leakyRelu(slope), x[0].value) }
      return try g.select(
        g.greater(x[0].value, g.scalar(0)), x[0].value, g.multiply(x[1].value, x[0].value))
    },
    ExpressionFunction(
      "elu", ["x", "alpha"], optional: 1,
      "x if x > 0, else alpha (exp(x) - 1); alpha is 1 when left out"
    ) { (g, x) throws(GraphError) in
      let alpha = x.count > 1 ? x[1].number : 1
      if let alpha { return try g.activation(.elu(alpha), x[0].value) }
      // What isn't chosen must stay finite: 0 times infinity would be NaN in the derivative.
      let negative = try g.expm1(g.minimum(x[0].value, g.scalar(0)))
      return try g.select(
        g.greater(x[0].value, g.scalar(0)), x[0].value, g.multiply(x[1].value, negative))
    },
    ExpressionFunction("gelu", "0.5 x (1 + erf(x / sqrt(2)))") { (g, x) throws(GraphError) in
      try g.activation(.gelu, x)
    },
    ExpressionFunction(
      "gelu_tanh", "0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x³)))"
    ) { (g, x) throws(GraphError) in try g.activation(.geluTanh, x) },
    ExpressionFunction("swish", aliases: ["silu"], "x sigmoid(x)") { (g, x) throws(GraphError) in
      try g.activation(.swish, x)
    },
    ExpressionFunction("mish", "x tanh(softplus(x))") { (g, x) throws(GraphError) in
      try g.multiply(x, g.activation(.tanh, g.softplus(x)))
    },
  ]

  /// By name and alias.
  static let byName: [String: ExpressionFunction] = {
    var functions: [String: ExpressionFunction] = [:]
    for function in all {
      for name in [function.name] + function.aliases { functions[name] = function }
    }
    return functions
  }()

  static var names: [String] { all.flatMap { [$0.name] + $0.aliases } }

  public static var entries: [CatalogEntry] { all.map(\.documentation) }
}

extension Graph {
  fileprivate mutating func folded(
    _ arguments: [ExpressionFunction.Argument],
    _ operation: (inout Graph, Value, Value) throws(GraphError) -> Value
  ) throws(GraphError) -> Value {
    var result = arguments[0].value
    for argument in arguments.dropFirst() { result = try operation(&self, result, argument.value) }
    return result
  }
}

extension ExpressionChecker {
  /// A checker of what is to be built as a graph.
  init(names: [String]) {
    self.init(names: names, functions: ExpressionFunctionCatalog.all.map(\.call))
  }
}
