import Autodiff
import JSON
import Tensors

/// An activation made of the graph's operations, which a plan joins into one pass.
public enum Composition: Hashable, Sendable {
  case relu6
  case hardSigmoid
  case hardTanh
  case hardSwish
  /// `x` where `beta x` is beyond the threshold.
  case softplus(beta: Double, threshold: Double)
  case softsign
  case mish
  case selu
  case celu(alpha: Double)
  case logSoftmax
  case sine(frequency: Double)

  /// Klambauer et al. 2017, arXiv:1706.02515, appendix: where mean 0 and variance 1 stay so.
  private static let seluAlpha = 1.6732632423543772848170429916717
  private static let seluScale = 1.0507009873554804934193349852946

  var json: JSON {
    switch self {
    case .relu6: "relu6"
    case .hardSigmoid: "hard_sigmoid"
    case .hardTanh: "hard_tanh"
    case .hardSwish: "hard_swish"
    case .softplus(let beta, let threshold):
      ["type": "softplus", "beta": .number(beta), "threshold": .number(threshold)]
    case .softsign: "softsign"
    case .mish: "mish"
    case .selu: "selu"
    case .celu(let alpha): ["type": "celu", "alpha": .number(alpha)]
    case .logSoftmax: "log_softmax"
    case .sine(let frequency): ["type": "sine", "frequency": .number(frequency)]
    }
  }

  /// Whether it lets through little of the negative half.
  var isRectifying: Bool {
    switch self {
    case .relu6, .hardSwish, .softplus, .mish, .selu, .celu: true
    case .hardSigmoid, .hardTanh, .softsign, .logSoftmax, .sine: false
    }
  }

  /// Whether it treats each element alone.
  var isElementwise: Bool { self != .logSoftmax }

  /// Floating-point operations an element, counting a transcendental function as one.
  var flops: Int {
    switch self {
    case .relu6, .hardTanh: 2
    case .softplus, .sine: 2
    case .hardSigmoid, .softsign: 3
    case .hardSwish, .mish, .selu, .celu, .logSoftmax: 4
    }
  }

  func apply(to x: Value, in graph: inout Graph) throws(GraphError) -> Value {
    switch self {
    case .relu6: return try graph.clip(x, from: 0, to: 6)
    case .hardSigmoid: return try hardSigmoid(x, in: &graph)
    case .hardTanh: return try graph.clip(x, from: -1, to: 1)
    case .hardSwish: return try graph.multiply(x, hardSigmoid(x, in: &graph))
    case .softplus(let beta, let threshold):
      let scaled = try graph.scale(x, by: beta)
      let smooth = try graph.scale(graph.softplus(scaled), by: 1 / beta)
      // From 17 on both are the same float.
      if threshold >= 17 { return smooth }
      return try graph.select(graph.greater(scaled, graph.scalar(threshold)), x, smooth)
    case .softsign:
      return try graph.divide(x, graph.offset(graph.absolute(x), by: 1))
    case .mish:
      return try graph.multiply(x, graph.activation(.tanh, graph.softplus(x)))
    case .selu:
      return try graph.scale(
        graph.activation(.elu(Composition.seluAlpha), x), by: Composition.seluScale)
    case .celu(let alpha):
      let scaled = try graph.scale(x, by: 1 / alpha)
      return try graph.scale(graph.activation(.elu(1), scaled), by: alpha)
    case .logSoftmax: return try graph.logSoftmax(x)
    case .sine(let frequency): return try graph.sin(graph.scale(x, by: frequency))
    }
  }

  /// The same as one operation, where it would be several.
  func applyJoined(to x: Value, in graph: inout Graph) throws(GraphError) -> Value {
    switch self {
    case .relu6, .hardTanh, .logSoftmax: return try apply(to: x, in: &graph)
    case .softplus(beta: 1, threshold: 17...): return try graph.softplus(x)
    default:
      return try graph.chain(json.string ?? json["type"]?.string ?? "composition", [x]) {
        (graph, x) throws(GraphError) in try apply(to: x[0], in: &graph)
      }
    }
  }

  private func hardSigmoid(_ x: Value, in graph: inout Graph) throws(GraphError) -> Value {
    try graph.clip(graph.offset(graph.scale(x, by: 1.0 / 6), by: 0.5), from: 0, to: 1)
  }
}
