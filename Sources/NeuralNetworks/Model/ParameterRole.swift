import Tensors

/// What a learned parameter is to its layer.
public enum ParameterRole: Hashable, Sendable {
  /// What inputs are multiplied by, of two axes or more; the weights into each unit lie as `UnitAxes` says.
  case weight(UnitAxes)
  /// The length of each row of a weight with `weight_norm`: a penalty on it is one on the norms of the rows.
  case rowLengths(UnitAxes)
  /// The direction of those rows, whose length changes nothing.
  case rowDirections
  /// A weight that `spectral_norm` divides by its largest singular value, so that its scale changes nothing.
  case scaleFree
  /// A bias, a gain, or what an activation learns.
  case other

  /// Whether penalties for weights are of it.
  public var isWeight: Bool {
    switch self {
    case .weight, .rowLengths, .scaleFree: true
    case .rowDirections, .other: false
    }
  }
}

/// How a parameter holds the weights into units: `[groups, runs, units, length]`, those into unit `(g, u)` being `[g, ·, u, ·]`.
public struct UnitAxes: Hashable, Sendable {
  public let groups: Int
  public let runs: Int
  public let units: Int
  public let length: Int

  public init(groups: Int, runs: Int, units: Int, length: Int) {
    self.groups = groups
    self.runs = runs
    self.units = units
    self.length = length
  }
}

/// A layer whose kernel `[in, out/groups, …]` has its inputs first.
private protocol InputFirstKernel {
  var groups: Int { get }
}

extension TransposedConvolution: InputFirstKernel {}

extension LayerSpec {
  /// What a parameter of this layer is to it.
  ///
  /// - Parameter name: within the layer.
  func role(of name: String, shape: Shape) -> ParameterRole {
    guard shape.rank > 1, !isNormalization else { return .other }
    if name.hasSuffix("parametrizations.weight.original1") { return .rowDirections }
    if name.hasSuffix("parametrizations.weight.original") { return .scaleFree }
    let isLengths = name.hasSuffix("parametrizations.weight.original0")
    let rest = shape.dropFirst().count
    if !isLengths, let kernel = unwrapped as? any InputFirstKernel {
      let groups = max(kernel.groups, 1)
      return .weight(
        UnitAxes(
          groups: groups, runs: shape[0] / groups, units: shape[1], length: rest / shape[1]))
    }
    // Leading axes of one element part nothing: [1, heads, units] has a row a head.
    let axis = shape.dimensions.firstIndex { $0 > 1 } ?? 0
    let rows = isLengths ? shape[0] : shape[axis]
    let axes = UnitAxes(groups: rows, runs: 1, units: 1, length: shape.count / rows)
    return isLengths ? .rowLengths(axes) : .weight(axes)
  }

  private var unwrapped: any Layer { (layer as? any DroppingLayer)?.dropped ?? layer }

  private var isNormalization: Bool {
    layer is BatchNormalization || layer is LayerNormalization || layer is GroupNormalization
      || layer is InstanceNormalization || layer is RootMeanSquareNormalization
  }
}

extension Model {
  /// What each learned parameter is to its layer, in the order of `learnedParameters`.
  public var learnedRoles: [ParameterRole] {
    let layers = Dictionary(spec.layers.map { ($0.name, $0) }) { first, _ in first }
    return learnedParameters.map { parameter in
      layers[parameter.layer]?.role(
        of: String(parameter.name.dropFirst(parameter.layer.count + 1)), shape: parameter.shape)
        ?? .other
    }
  }
}

extension Model {
  /// Whether a layer's kernel has its inputs first.
  public func isInputFirst(_ name: String) -> Bool {
    guard let layer = spec.layers.first(where: { $0.name == name })?.layer else { return false }
    return Swift.type(of: layer).documentation.type.hasSuffix("_transpose")
  }
}
