import JSON
import Tensors

/// How a parameter begins.
///
/// `fan_in` and `fan_out` of a weight `[out, in, …]` are `in` and `out` times the extents of the
/// axes that follow, as in `torch.nn.init`.
public enum Initializer: Hashable, Sendable {
  case zeros
  case constant(value: Double)
  case uniform(low: Double, high: Double)
  case normal(mean: Double, standardDeviation: Double)
  case glorotUniform(gain: Double)
  case glorotNormal(gain: Double)
  case heUniform(gain: Double, fan: Fan)
  case heNormal(gain: Double, fan: Fan)

  /// Which side of a weight He's formula looks at.
  public enum Fan: String, Hashable, Sendable, CaseIterable {
    case fanIn = "fan_in"
    case fanOut = "fan_out"
  }

  /// √2, the gain for relu.
  public static let rectifierGain = 2.0.squareRoot()

  /// What a weight gets when its spec says nothing.
  public static func standard(before activation: Activation) -> Initializer {
    activation.isRectifying
      ? .heUniform(gain: rectifierGain, fan: .fanIn) : .glorotUniform(gain: 1)
  }

  /// Reads a name, or an object with a type and its parameters.
  public init(_ json: JSON, pointer: String) throws(Faults) {
    var choice = try CatalogChoice(
      json, among: InitializerCatalog.entries, kind: "an initializer", pointer: pointer)
    self = InitializerCatalog.all[choice.index].decode(&choice.reader)
    try choice.reader.finish().check()
  }

  public var json: JSON {
    switch self {
    case .zeros: "zeros"
    case .constant(let value): ["type": "constant", "value": .number(value)]
    case .uniform(let low, let high):
      ["type": "uniform", "low": .number(low), "high": .number(high)]
    case .normal(let mean, let deviation):
      ["type": "normal", "mean": .number(mean), "std": .number(deviation)]
    case .glorotUniform(let gain): ["type": "glorot_uniform", "gain": .number(gain)]
    case .glorotNormal(let gain): ["type": "glorot_normal", "gain": .number(gain)]
    case .heUniform(let gain, let fan):
      ["type": "he_uniform", "gain": .number(gain), "mode": .string(fan.rawValue)]
    case .heNormal(let gain, let fan):
      ["type": "he_normal", "gain": .number(gain), "mode": .string(fan.rawValue)]
    }
  }

  /// The distribution of the elements of a parameter of this shape.
  public func distribution(for shape: Shape) -> Distribution {
    let (fanIn, fanOut) = Initializer.fans(of: shape)
    switch self {
    case .zeros: return .constant(0)
    case .constant(let value): return .constant(value)
    case .uniform(let low, let high): return .uniform(low: low, high: high)
    case .normal(let mean, let deviation):
      return .normal(mean: mean, standardDeviation: deviation)
    case .glorotUniform(let gain):
      let bound = gain * (6 / (fanIn + fanOut)).squareRoot()
      return .uniform(low: -bound, high: bound)
    case .glorotNormal(let gain):
      return .normal(mean: 0, standardDeviation: gain * (2 / (fanIn + fanOut)).squareRoot())
    case .heUniform(let gain, let fan):
      let bound = gain * (3 / (fan == .fanIn ? fanIn : fanOut)).squareRoot()
      return .uniform(low: -bound, high: bound)
    case .heNormal(let gain, let fan):
      let deviation = gain / (fan == .fanIn ? fanIn : fanOut).squareRoot()
      return .normal(mean: 0, standardDeviation: deviation)
    }
  }

  /// The fans of a weight; for a vector, which PyTorch refuses, both are its extent.
  static func fans(of shape: Shape) -> (fanIn: Double, fanOut: Double) {
    guard shape.rank >= 2 else {
      let extent = Double(max(shape.count, 1))
      return (extent, extent)
    }
    let field = Double(shape.dropFirst(2).count)
    return (Double(shape[1]) * field, Double(shape[0]) * field)
  }
}
