import Foundation

/// Every function of the language on plain numbers, in the order in which messages list them.
///
/// The same names, arguments and values as the functions that graphs are built with; a test compares them.
public enum ScalarFunctionCatalog {
  public static let all: [ScalarFunction] = powers + trigonometric + choices + activations

  /// By name and alias.
  static let byName: [String: ScalarFunction] = {
    var functions: [String: ScalarFunction] = [:]
    for function in all {
      for name in [function.signature.name] + function.signature.aliases {
        functions[name] = function
      }
    }
    return functions
  }()

  private static let powers: [ScalarFunction] = [
    ScalarFunction("exp") { exp($0) },
    ScalarFunction("expm1") { expm1($0) },
    ScalarFunction("log", aliases: ["ln"]) { log($0) },
    ScalarFunction("log1p") { log1p($0) },
    ScalarFunction("sqrt") { $0.squareRoot() },
    ScalarFunction("rsqrt") { 1 / $0.squareRoot() },
    ScalarFunction("square") { $0 * $0 },
    ScalarFunction("pow", ["x", "y"]) { pow($0, $1) },
    ScalarFunction("erf") { erf($0) },
  ]

  private static let trigonometric: [ScalarFunction] = [
    ScalarFunction("sin") { sin($0) }, ScalarFunction("cos") { cos($0) },
    ScalarFunction("tan") { tan($0) }, ScalarFunction("asin") { asin($0) },
    ScalarFunction("acos") { acos($0) }, ScalarFunction("atan") { atan($0) },
    ScalarFunction("sinh") { sinh($0) }, ScalarFunction("cosh") { cosh($0) },
    ScalarFunction("tanh") { tanh($0) }, ScalarFunction("asinh") { asinh($0) },
    ScalarFunction("acosh") { acosh($0) }, ScalarFunction("atanh") { atanh($0) },
  ]

  private static let choices: [ScalarFunction] = [
    ScalarFunction("abs") { abs($0) },
    ScalarFunction("sign") { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 },
    ScalarFunction("floor") { $0.rounded(.down) },
    ScalarFunction("ceil") { $0.rounded(.up) },
    ScalarFunction("round") { $0.rounded(.toNearestOrEven) },
    ScalarFunction(folding: "min") { smaller($0, $1) },
    ScalarFunction(folding: "max") { larger($0, $1) },
    ScalarFunction("clip", alias: "clamp", ["x", "low", "high"]) { smaller(larger($0, $1), $2) },
    ScalarFunction("where", alias: "if", ["condition", "a", "b"]) { $0 != 0 ? $1 : $2 },
  ]

  private static let activations: [ScalarFunction] = [
    ScalarFunction("sigmoid") { 1 / (1 + exp(-$0)) },
    ScalarFunction("log_sigmoid") { -softplus(-$0) },
    ScalarFunction("softplus") { softplus($0) },
    ScalarFunction("softsign") { $0 / (1 + abs($0)) },
    ScalarFunction("relu") { larger($0, 0) },
    ScalarFunction("relu6") { smaller(larger($0, 0), 6) },
    ScalarFunction("leaky_relu", ["x", "slope"], second: 0.01) { $0 > 0 ? $0 : $1 * $0 },
    ScalarFunction("elu", ["x", "alpha"], second: 1) { $0 > 0 ? $0 : $1 * expm1($0) },
    ScalarFunction("gelu") { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) },
    ScalarFunction("gelu_tanh") {
      0.5 * $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)))
    },
    ScalarFunction("swish", aliases: ["silu"]) { $0 / (1 + exp(-$0)) },
    ScalarFunction("mish") { $0 * tanh(softplus($0)) },
  ]

  private static func smaller(_ a: Double, _ b: Double) -> Double {
    a.isNaN || b.isNaN ? .nan : Swift.min(a, b)
  }

  private static func larger(_ a: Double, _ b: Double) -> Double {
    a.isNaN || b.isNaN ? .nan : Swift.max(a, b)
  }

  private static func softplus(_ x: Double) -> Double { Swift.max(x, 0) + log1p(exp(-abs(x))) }
}
