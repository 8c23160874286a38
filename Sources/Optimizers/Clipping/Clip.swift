import JSON

/// What keeps a step's gradients small.
public enum Clip: Hashable, Sendable {
  /// All gradients are multiplied by one factor, so that their common L2 norm is at most this.
  ///
  /// `min(1, limit / (norm + 1e-6))`, as `torch.nn.utils.clip_grad_norm_`; Pascanu et al. 2012,
  /// arXiv:1211.5063.
  case norm(Double)
  /// Every element is brought into `-limit...limit`, as `torch.nn.utils.clip_grad_value_`.
  case value(Double)

  private static let limits = 1e-12...1e12
  private static let normField = Field(
    "norm", .number(limits), "The most that the L2 norm of all gradients together may be.")
  private static let valueField = Field(
    "value", .number(limits), "The most that an element's magnitude may be.")

  /// The forms of `clip`, as the catalog shows them; a document has one of the two.
  public static let entries = [
    CatalogEntry(
      type: "norm", summary: "One factor on all gradients, so that their norm stays small.",
      formula: "g min(1, norm / (‖g‖ + 1e-6)), ‖g‖ over all parameters", fields: [normField],
      source: "Pascanu et al. 2012, arXiv:1211.5063. As torch.nn.utils.clip_grad_norm_."),
    CatalogEntry(
      type: "value", summary: "A bound on the magnitude of every element.",
      formula: "min(max(g, -value), value)", fields: [valueField],
      source: "As torch.nn.utils.clip_grad_value_."),
  ]

  /// Reads `{ "norm": x }` or `{ "value": x }`.
  public init(_ json: JSON, pointer: String) throws(Faults) {
    var reader = ObjectReader(json, pointer: pointer)
    let norm = reader.double("norm", in: Clip.limits)
    let value = reader.double("value", in: Clip.limits)
    if reader.has("norm"), reader.has("value") {
      reader.fault("value", "contradicts norm; give one of the two")
    }
    var faults = reader.finish()
    if faults.isEmpty, norm == nil, value == nil {
      faults.add(pointer, "has neither norm nor value; give one of the two")
    }
    try faults.check()
    self = norm.map { .norm($0) } ?? .value(value ?? 1)
  }

  public var json: JSON {
    switch self {
    case .norm(let limit): ["norm": .number(limit)]
    case .value(let limit): ["value": .number(limit)]
    }
  }
}
