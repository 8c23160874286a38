import JSON

/// What keeps a step's gradients small.
public enum Clip: Hashable, Sendable {
  /// What a bound on a norm is of.
  public enum Scope: String, Hashable, Sendable, CaseIterable {
    /// All gradients together.
    case all
    /// Those of a layer together, each layer for itself.
    case layer
    case parameter
  }

  /// Gradients are multiplied by one factor, so that the L2 norm of those together is at most this.
  ///
  /// `min(1, limit / (norm + 1e-6))`, as `torch.nn.utils.clip_grad_norm_`; Pascanu et al. 2012,
  /// arXiv:1211.5063.
  case norm(Double, per: Scope = .all)
  /// Every element is brought into `-limit...limit`, as `torch.nn.utils.clip_grad_value_`.
  case value(Double)
  /// The gradient of each unit's weights has a norm of at most `limit` times that of the weights, which count as
  /// `floor` at least. Brock et al. 2021, arXiv:2102.06171.
  case adaptive(Double, floor: Double, except: [NamePattern])

  private static let limits = 1e-12...1e12
  private static let normField = Field(
    "norm", .number(limits), "The most that the L2 norm of gradients together may be.")
  private static let perField = Field(
    "per", .choice(Scope.allCases.map(\.rawValue)), default: "all",
    "Which gradients are taken together: all of them, or each layer's or parameter's for itself.")
  private static let valueField = Field(
    "value", .number(limits), "The most that an element's magnitude may be.")
  private static let adaptiveField = Field(
    "adaptive", .number(limits),
    "The most that the norm of a unit's gradient may be, as a share of its weights' norm.")
  private static let floorField = Field(
    "floor", .number(1e-12...1e3), default: 0.001, "What a norm of weights counts as at least.")
  private static let exceptField = Field(
    "except", .described("an array of patterns"),
    "Layers or parameters that aren't clipped, such as the last layer; * stands for any letters.")

  /// The forms of `clip`, as the catalog shows them; a document has one of them.
  public static let entries = [
    CatalogEntry(
      type: "norm", summary: "One factor on all gradients, so that their norm stays small.",
      formula: "g min(1, norm / (‖g‖ + 1e-6)), ‖g‖ over all parameters, or a layer's",
      fields: [normField, perField],
      source: "Pascanu et al. 2012, arXiv:1211.5063. As torch.nn.utils.clip_grad_norm_."),
    CatalogEntry(
      type: "value", summary: "A bound on the magnitude of every element.",
      formula: "min(max(g, -value), value)", fields: [valueField],
      source: "As torch.nn.utils.clip_grad_value_."),
    CatalogEntry(
      type: "adaptive", summary: "A bound on each unit's gradient by the norm of its weights.",
      formula: "g min(1, adaptive max(‖w‖, floor) / ‖g‖), a row of w and g for each unit",
      fields: [adaptiveField, floorField, exceptField],
      source: "Brock, De, Smith and Simonyan 2021, arXiv:2102.06171."),
  ]

  /// Reads `{ "norm": x }`, `{ "value": x }` or `{ "adaptive": x }`.
  public init(_ json: JSON, pointer: String) throws(Faults) {
    var reader = ObjectReader(json, pointer: pointer)
    let norm = reader.double("norm", in: Clip.limits)
    let value = reader.double("value", in: Clip.limits)
    let adaptive = reader.double("adaptive", in: Clip.limits)
    let scope = Scope(rawValue: reader.choice(Clip.perField)) ?? .all
    let floor = reader.double(Clip.floorField)
    let except = NamePattern.decoded(&reader, "except")
    let given = ["norm", "value", "adaptive"].filter { reader.has($0) }
    for name in given.dropFirst() {
      reader.fault(name, "contradicts \(given[0]); give one of the two")
    }
    if reader.has("per"), norm == nil, !given.isEmpty, given != ["norm"] {
      reader.fault("per", "belongs to norm, and \(given[0]) is given")
    }
    for name in ["floor", "except"] where reader.has(name) && !given.contains("adaptive") {
      reader.fault(name, "belongs to adaptive, which isn't given")
    }
    var faults = reader.finish()
    if faults.isEmpty, given.isEmpty {
      faults.add(pointer, "has neither norm nor value nor adaptive; give one of them")
    }
    try faults.check()
    if let norm {
      self = .norm(norm, per: scope)
    } else if let adaptive {
      self = .adaptive(adaptive, floor: floor, except: except)
    } else {
      self = .value(value ?? 1)
    }
  }

  public var json: JSON {
    switch self {
    case .norm(let limit, .all): ["norm": .number(limit)]
    case .norm(let limit, let scope): ["norm": .number(limit), "per": .string(scope.rawValue)]
    case .value(let limit): ["value": .number(limit)]
    case .adaptive(let limit, let floor, let except):
      [
        "adaptive": .number(limit), "floor": .number(floor),
        "except": .array(except.map { .string($0.text) }),
      ]
    }
  }
}
