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
  case lecunUniform
  case lecunNormal
  /// Bounds that aren't said lie two deviations from the mean.
  case truncatedNormal(mean: Double, standardDeviation: Double, low: Double?, high: Double?)
  case orthogonal(gain: Double)
  case identity(gain: Double)
  case sparse(sparsity: Double, standardDeviation: Double)
  /// A copy of what another run has; zeros until it is made.
  case from(StoredParameter)

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
    case .lecunUniform: "lecun_uniform"
    case .lecunNormal: "lecun_normal"
    case .truncatedNormal(let mean, let deviation, let low, let high):
      .object(
        JSONObject(
          [
            ("type", "truncated_normal"), ("mean", .number(mean)), ("std", .number(deviation)),
          ]
            + [("low", low), ("high", high)].compactMap { name, bound in
              bound.map { (name, .number($0)) }
            }))
    case .orthogonal(let gain): ["type": "orthogonal", "gain": .number(gain)]
    case .identity(let gain): ["type": "identity", "gain": .number(gain)]
    case .sparse(let sparsity, let deviation):
      ["type": "sparse", "sparsity": .number(sparsity), "std": .number(deviation)]
    case .from(let stored): stored.json
    }
  }

  /// The distribution of the elements of a parameter of this shape.
  ///
  /// - Precondition: `check` accepts it.
  public func distribution(for shape: Shape) -> Distribution {
    let (fanIn, fanOut) = Initializer.fans(of: shape)
    switch self {
    case .zeros, .from: return .constant(0)
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
    case .lecunUniform:
      let bound = (3 / fanIn).squareRoot()
      return .uniform(low: -bound, high: bound)
    case .lecunNormal: return .normal(mean: 0, standardDeviation: 1 / fanIn.squareRoot())
    case .truncatedNormal(let mean, let deviation, let low, let high):
      return .truncatedNormal(
        mean: mean, standardDeviation: deviation, low: low ?? mean - 2 * deviation,
        high: high ?? mean + 2 * deviation)
    case .orthogonal(let gain):
      return .orthogonal(rows: shape[0], columns: shape.dropFirst().count, gain: gain)
    case .identity(let gain): return .identity(shape: shape, gain: gain)
    case .sparse(let sparsity, let deviation):
      return .sparse(
        rows: shape[0], columns: shape[1],
        zeros: Int((sparsity * Double(shape[0])).rounded(.up)), standardDeviation: deviation)
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

extension Initializer {
  /// Elements that orthogonal vectors may have together, and the products that making them takes.
  private static let orthogonalLimits = (elements: 1 << 25, products: 1 << 34)

  /// Whether a parameter of a layer can begin so.
  func check(_ parameter: LayerParameter, of layer: any Layer) throws(ShapeFault) {
    let shape = parameter.shape
    let rule: String
    switch self {
    case .orthogonal:
      let (elements, products) = Initializer.orthogonalLimits
      let columns = shape.dropFirst().checkedCount ?? .max
      let isSmall =
        shape.rank >= 2 && columns <= elements / shape[0]
        && min(shape[0], columns) <= products / (shape[0] * columns)
      if isSmall { return }
      rule =
        "orthogonal is for two axes or more, [rows, columns…], with at most \(elements) elements and "
        + "\(products) of rows · columns · the fewer of both"
    case .identity:
      if (2...5).contains(shape.rank) { return }
      rule = "identity is for a matrix or a kernel, of 2 to 5 axes"
    case .sparse:
      if shape.rank == 2 { return }
      rule = "sparse is for a matrix, of 2 axes"
    default: return
    }
    // The member that says so, or one of those that do.
    let field = layer.configuration.first { $0.0.hasSuffix("initializer") && $0.1 == json }?.0
    throw ShapeFault(
      field: field,
      "\(json["type"]?.string ?? "it") can't make the \(parameter.name) \(shape)", rule: rule)
  }
}
