import Kernels
import Tensors

/// The functions that layers apply to their outputs.
public enum ActivationKind: Hashable, Sendable {
  case identity
  /// `max(x, 0)`, and NaN for NaN.
  case relu
  /// `1 / (1 + e⁻ˣ)`.
  case sigmoid
  case tanh
  /// `x` for positive `x`, else `slope · x`.
  case leakyRelu(Double)
  /// `x` for positive `x`, else `alpha · (eˣ - 1)`. Clevert et al. 2015, arXiv:1511.07289.
  case elu(Double)
  /// `x Φ(x)`, by erf. Hendrycks and Gimpel 2016, arXiv:1606.08415.
  case gelu
  /// `x / 2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))`.
  case geluTanh
  /// `x σ(x)`. Ramachandran et al. 2017, arXiv:1710.05941.
  case swish
  /// `eˣ / Σ eˣ` over the last axis.
  case softmax

  /// Whether the derivative is a function of the output, so that the input needn't be kept.
  var derivesFromOutput: Bool {
    switch self {
    case .identity, .relu, .sigmoid, .tanh, .softmax: true
    // Only where the output has the sign of the input.
    case .leakyRelu(let slope): slope >= 0
    case .elu(let alpha): alpha >= 0
    case .gelu, .geluTanh, .swish: false
    }
  }

  /// Whether it treats each element alone.
  var isElementwise: Bool { self != .softmax }
}

/// `y = f(x)` for one of the activation functions that are element by element.
struct ActivationFunction: Primitive {
  let kind: ActivationKind

  var name: String { kind.primitiveName }
  var overwritableInputs: [Int] { [0] }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    try TypeCheck.floats(inputs)
    return inputs[0]
  }

  func lower(_ context: inout Lowering) {
    context.emit(unary: kind.kernel ?? .copy, name)
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let kept = kind.derivesFromOutput ? context.output : context.inputs[0]
    return [try context.graph.apply(ActivationGradient(kind: kind), [context.cotangent, kept])]
  }
}

/// `dx = f'(x) dy`, from `dy` and either `y` or `x`, whichever `derivesFromOutput` says.
struct ActivationGradient: Primitive {
  let kind: ActivationKind

  var name: String { kind.primitiveName + "_gradient" }
  var overwritableInputs: [Int] { [0, 1] }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...2)
    try TypeCheck.floats(inputs)
    try TypeCheck.same(inputs[0], inputs[1], "cotangent and activation")
    return inputs[0]
  }

  func lower(_ context: inout Lowering) {
    context.emit(
      Kernels.unaryGradient(
        kind.kernel ?? .copy, name, context.element, dy: context.input(0).pointer,
        kept: context.input(1).pointer, dx: context.output.pointer, count: context.output.count))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    if context.isNeeded(1) {
      switch kind {
      // Their slope is constant on either side.
      case .identity, .relu, .leakyRelu: break
      default:
        throw GraphError(.notDifferentiable, "it has no derivative of second order")
      }
    }
    return [try context.graph.apply(self, [context.cotangent, context.inputs[1]]), nil]
  }
}

extension ActivationKind {
  /// `nil` for those that aren't a function of one element, or no function at all.
  var kernel: Kernels.Function? {
    switch self {
    case .identity, .softmax: nil
    case .relu: .relu
    case .sigmoid: .sigmoid
    case .tanh: .tanh
    case .leakyRelu(let slope): .leakyRelu(slope)
    case .elu(let alpha): .elu(alpha)
    case .gelu: .gelu
    case .geluTanh: .geluTanh
    case .swish: .swish
    }
  }

  var primitiveName: String {
    switch self {
    case .identity: "identity"
    case .relu: "relu"
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .leakyRelu: "leaky_relu"
    case .elu: "elu"
    case .gelu: "gelu"
    case .geluTanh: "gelu_tanh"
    case .swish: "swish"
    case .softmax: "softmax"
    }
  }
}

extension Graph {
  /// An activation function; softmax is over the last axis.
  public mutating func activation(
    _ kind: ActivationKind, _ x: Value
  ) throws(GraphError) -> Value {
    switch kind {
    case .identity: x
    case .softmax: try softmax(x)
    default: try apply(ActivationFunction(kind: kind), [x])
    }
  }
}
