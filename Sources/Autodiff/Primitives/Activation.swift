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

  /// Whether it is made of straight pieces, so that the second derivative is 0 where there is one.
  var hasConstantSlopes: Bool {
    switch self {
    case .identity, .relu, .leakyRelu: true
    default: false
    }
  }

  /// Whether it treats each element alone.
  var isElementwise: Bool { self != .softmax }
}

/// `y = f(x)` for one of the activation functions that are element by element.
struct ActivationFunction: ElementPrimitive {
  let kind: ActivationKind

  var name: String { kind.primitiveName }
  var program: ElementProgram { ElementProgram(.unary(kind.kernel ?? .copy)) }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let kept = kind.derivesFromOutput ? context.output : context.inputs[0]
    return [try context.graph.apply(ActivationGradient(kind: kind), [context.cotangent, kept])]
  }
}

/// `dx = f'(x) dy`, from `dy` and either `y` or `x`, whichever `derivesFromOutput` says.
struct ActivationGradient: ElementPrimitive {
  let kind: ActivationKind

  var name: String { kind.primitiveName + "_gradient" }
  var program: ElementProgram { ElementProgram(.slope(kind.kernel ?? .copy)) }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let (dy, kept, cotangent) = (context.inputs[0], context.inputs[1], context.cotangent)
    let first = try context.graph.apply(self, [cotangent, kept])
    guard context.isNeeded(1), !kind.hasConstantSlopes,
      let curve = try curvature(&context.graph, kept)
    else {
      return [first, nil]
    }
    let product = try context.graph.multiply(cotangent, dy)
    return [first, try context.graph.multiply(product, curve)]
  }

  /// The derivative of `f'` by what is kept; `nil` is zero.
  private func curvature(_ graph: inout Graph, _ v: Value) throws(GraphError) -> Value? {
    switch kind {
    case .identity, .relu, .leakyRelu, .softmax: return nil
    case .sigmoid: return try graph.offset(graph.scale(v, by: -2), by: 1)
    case .tanh: return try graph.scale(v, by: -2)
    case .elu(let alpha):
      let isNegative = try graph.less(v, graph.scalar(0))
      guard alpha < 0 else { return isNegative }
      return try graph.multiply(isNegative, graph.scale(graph.exp(v), by: alpha))
    case .gelu:
      // φ(x) (2 - x²).
      let square = try graph.square(v)
      let bell = try graph.exp(graph.scale(square, by: -0.5))
      let factor = try graph.offset(graph.negate(square), by: 2)
      return try graph.scale(graph.multiply(bell, factor), by: 1 / (2 * Double.pi).squareRoot())
    case .geluTanh: return try geluTanhCurvature(&graph, v)
    case .swish:
      // σ' (2 + x (1 - 2σ)).
      let s = try graph.activation(.sigmoid, v)
      let slope = try graph.apply(ActivationGradient(kind: .sigmoid), [graph.scalar(1), s])
      let inner = try graph.multiply(v, graph.offset(graph.scale(s, by: -2), by: 1))
      return try graph.multiply(slope, graph.offset(inner, by: 2))
    }
  }

  /// With `u = c (x + a x³)` and `t = tanh u`: `(1 - t²) (u' + x/2 (u'' - 2 t u'²))`.
  private func geluTanhCurvature(
    _ graph: inout Graph, _ x: Value
  ) throws(GraphError) -> Value {
    let (a, c) = (0.044715, (2 / Double.pi).squareRoot())
    let square = try graph.square(x)
    let u = try graph.multiply(
      graph.scale(x, by: c), graph.offset(graph.scale(square, by: a), by: 1))
    let t = try graph.activation(.tanh, u)
    let du = try graph.offset(graph.scale(square, by: 3 * a * c), by: c)
    let ddu = try graph.scale(x, by: 6 * a * c)
    let bend = try graph.subtract(
      ddu, graph.multiply(graph.scale(t, by: 2), graph.square(du)))
    let sum = try graph.add(du, graph.multiply(graph.scale(x, by: 0.5), bend))
    let rest = try graph.offset(graph.negate(graph.square(t)), by: 1)
    return try graph.multiply(rest, sum)
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

extension ActivationFunction {
  static let kinds: [ActivationKind] = [
    .relu, .sigmoid, .tanh, .leakyRelu(0.2), .leakyRelu(-0.5), .elu(1), .elu(0.7), .elu(-0.3),
    .gelu, .geluTanh, .swish,
  ]

  /// One entry a name, with the cases of all its parameters.
  static func grouped(_ entry: (ActivationKind) -> PrimitiveEntry) -> [PrimitiveEntry] {
    var entries: [PrimitiveEntry] = []
    for kind in kinds {
      let next = entry(kind)
      if let index = entries.firstIndex(where: { $0.name == next.name }) {
        entries[index] = PrimitiveEntry(
          next.name, isDerivativeOf: next.isDerivativeOf, cases: entries[index].cases + next.cases)
      } else {
        entries.append(next)
      }
    }
    return entries
  }

  static var entries: [PrimitiveEntry] {
    grouped { kind in
      let primitive = ActivationFunction(kind: kind)
      let shapes: [Shape] = [[3, 4], [37], [], [1, 1], [2, 3, 5]]
      return PrimitiveEntry(
        primitive.name,
        cases: shapes.map { PrimitiveCase(primitive, [.init($0)], torch: kind.torch) })
    }
  }
}

extension ActivationKind {
  fileprivate var torch: String {
    switch self {
    case .identity: "a"
    case .relu: "F.relu(a)"
    case .sigmoid: "torch.sigmoid(a)"
    case .tanh: "torch.tanh(a)"
    case .leakyRelu(let slope): "F.leaky_relu(a, \(slope))"
    case .elu(let alpha): "F.elu(a, \(alpha))"
    case .gelu: "F.gelu(a)"
    case .geluTanh: "F.gelu(a, approximate='tanh')"
    case .swish: "F.silu(a)"
    case .softmax: "F.softmax(a, -1)"
    }
  }
}

extension ActivationGradient {
  static var entries: [PrimitiveEntry] {
    ActivationFunction.grouped { kind in
      let primitive = ActivationGradient(kind: kind)
      return PrimitiveEntry(
        primitive.name, isDerivativeOf: kind.primitiveName,
        cases: [
          PrimitiveCase(
            primitive, [.init([3, 5]), .init([3, 5])], checked: kind.hasConstantSlopes ? [0] : nil)
        ])
    }
  }
}
