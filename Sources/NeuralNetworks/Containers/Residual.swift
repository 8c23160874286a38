import JSON

/// Layers whose result is added to what they took.
///
/// `y = activation(f(x) + s(x))`, with `f` the layers and `s` the identity, a projection, or layers of its
/// own. He et al. 2015, arXiv:1512.03385. With `pre_activation` nothing follows the sum, and where `s` isn't
/// the identity it takes what the normalizations and activations at the beginning of `f` make of `x`:
/// `y = f'(a(x)) + s(a(x))`. He et al. 2016, arXiv:1603.05027.
///
/// A residual named `block` becomes the layers `block.<name>`, then `block.projection` or
/// `block.shortcut.<name>`, then the sum, which has the residual's own name.
struct Residual: Sendable {
  /// When the shortcut goes through a linear layer that makes it fit.
  enum ProjectionRule: Sendable {
    case never
    case whereShapesDiffer
    case always
  }

  let projection: ProjectionRule
  let isPreActivation: Bool
  let activation: Activation

  static let shortcutField = Field(
    "shortcut", .described("an array of layers"),
    "Layers of the shortcut's own, such as a 1×1 convolution and a batch norm, in place of a projection."
  )
  private static let projectionField = Field(
    "projection", .described("true, false or \"auto\""), default: false,
    """
    Whether the shortcut goes through a linear layer without bias that makes its shape that of the sum: a \
    1×1 convolution whose stride fits, or dense for vectors and sequences of one length; auto: only where \
    the shapes differ.
    """)
  private static let preActivationField = Field(
    "pre_activation", .boolean, default: false,
    """
    Whether the layers begin with the normalization and activation, so that none follows the sum; a \
    projection or shortcut then takes what they give.
    """)
  private static let activationField = Field(
    "activation", .described("an activation"), default: "identity",
    "Applied to the sum: a name, or an object with a type and its parameters.")

  static let documentation = CatalogEntry(
    type: "residual",
    summary: "Layers whose result is added to what they took.",
    formula: "y = activation(f(x) + s(x)), s the identity, a projection or layers of its own",
    shapes: "[…] -> the shape of f's output, which the shortcut must have too",
    fields: [
      Container.layersField, projectionField, shortcutField, preActivationField, activationField,
    ],
    weights: [
      "<name>.<inner layer>.…", "<name>.projection.weight [F, C, 1…]",
      "<name>.shortcut.<inner layer>.…",
    ],
    source: "He et al. 2015, arXiv:1512.03385; pre-activation He et al. 2016, arXiv:1603.05027.")

  /// The names that layers inside can't have, since the residual gives them itself.
  static let reservedNames: Set<String> = ["projection", "shortcut"]

  /// What a pre-activation may be made of.
  static let preActivationTypes: Set<String> = [
    "batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm", "activation",
  ]

  init(from reader: inout ObjectReader) {
    projection = Residual.projection(&reader)
    isPreActivation = reader.bool(Residual.preActivationField)
    activation = reader.activation()
    if isPreActivation, activation != .identity {
      reader.fault(
        Residual.activationField.name,
        "a residual with pre_activation applies nothing to its sum; leave this out, or pre_activation"
      )
    }
  }

  private static func projection(_ reader: inout ObjectReader) -> ProjectionRule {
    let rule: ProjectionRule
    switch reader.value(projectionField.name) {
    case nil, .bool(false)?: rule = .never
    case .bool(true)?: rule = .always
    case .string("auto")?: rule = .whereShapesDiffer
    case let value?:
      let found = value.string.map { "\"\($0.prefix(80))\"" } ?? value.kind
      reader.fault(projectionField.name, "expected true, false or \"auto\", found \(found)")
      rule = .never
    }
    if rule != .never, reader.has(shortcutField.name) {
      reader.fault(
        projectionField.name,
        "the shortcut has layers of its own; leave out either this or shortcut")
      return .never
    }
    return rule
  }

  var configuration: [(String, JSON)] {
    let projection: JSON =
      switch projection {
      case .never: false
      case .whereShapesDiffer: "auto"
      case .always: true
      }
    return [
      ("projection", projection), ("pre_activation", .bool(isPreActivation)),
      ("activation", activation.json),
    ]
  }
}
