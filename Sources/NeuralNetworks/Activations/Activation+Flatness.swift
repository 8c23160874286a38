import Autodiff

/// The outputs at which an activation is flat: where its slope is under a hundredth of its largest.
public struct FlatOutputs: Hashable, Sendable {
  /// Outputs up to this; `nil` for none.
  public let atMost: Double?
  /// Outputs from this on.
  public let atLeast: Double?

  public init(atMost: Double? = nil, atLeast: Double? = nil) {
    self.atMost = atMost
    self.atLeast = atLeast
  }

  public static let none = FlatOutputs()
}

extension Activation {
  /// None for activations whose slope isn't a function of the output that grows or falls with it.
  public var flatOutputs: FlatOutputs {
    switch form {
    case .kernel(let kind): kind.flatOutputs
    case .composition(let composition): composition.flatOutputs
    case .expression(let expression):
      expression.behaviour.isZeroBelow ? FlatOutputs(atMost: 0) : .none
    case .learnedRectifier: .none
    }
  }
}

extension ActivationKind {
  fileprivate var flatOutputs: FlatOutputs {
    switch self {
    case .relu: FlatOutputs(atMost: 0)
    // y (1 - y) < 1/400.
    case .sigmoid: FlatOutputs(atMost: 0.00250628, atLeast: 0.99749372)
    // 1 - y² < 1/100.
    case .tanh: FlatOutputs(atMost: -0.99498744, atLeast: 0.99498744)
    // y + alpha, of at most 1 or alpha.
    case .elu(let alpha): FlatOutputs(atMost: 0.01 * max(1, alpha) - alpha)
    case .identity, .leakyRelu, .gelu, .geluTanh, .swish, .softmax: .none
    }
  }
}

extension Composition {
  fileprivate var flatOutputs: FlatOutputs {
    switch self {
    case .relu6: FlatOutputs(atMost: 0, atLeast: 6)
    case .hardSigmoid: FlatOutputs(atMost: 0, atLeast: 1)
    case .hardTanh: FlatOutputs(atMost: -1, atLeast: 1)
    // (1 - |y|)².
    case .softsign: FlatOutputs(atMost: -0.9, atLeast: 0.9)
    // 1 - exp(-beta y).
    case .softplus(let beta, _): FlatOutputs(atMost: 0.01005034 / beta)
    // y + scale alpha, of at most scale alpha.
    case .selu: FlatOutputs(atMost: -0.99 * 1.7580993408473766)
    // 1 + y / alpha.
    case .celu(let alpha): FlatOutputs(atMost: -0.99 * alpha)
    case .hardSwish, .mish, .logSoftmax, .sine: .none
    }
  }
}
