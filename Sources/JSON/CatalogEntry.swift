/// What `GET /v1/catalog` says of one thing a document may name: a layer, a loss, an optimizer, ….
public struct CatalogEntry: Sendable {
  /// The name by which a document chooses it.
  public let type: String
  /// Other names that mean the same.
  public let aliases: [String]
  public let summary: String
  public let formula: String
  /// The rule from input shapes to output shapes, without the batch axis.
  public let shapes: String?
  /// The members its object may have beside `type`.
  public let fields: [Field]
  /// Names and shapes of the arrays it learns, such as `weight [units, D]`.
  public let weights: [String]
  /// Where it comes from: a paper with its identifier, or the definition it follows.
  public let source: String
  /// Where the sources declare it, as `#fileID` and `#line` say it: its page is made from the comment there.
  public let place: (file: String, line: Int)

  public init(
    type: String, aliases: [String] = [], summary: String, formula: String, shapes: String? = nil,
    fields: [Field] = [], weights: [String] = [], source: String, file: String = #fileID,
    line: Int = #line
  ) {
    self.type = type
    self.aliases = aliases
    self.summary = summary
    self.formula = formula
    self.shapes = shapes
    self.fields = fields
    self.weights = weights
    self.source = source
    place = (file, line)
  }

  /// The same with more members.
  public func adding(_ more: [Field]) -> CatalogEntry {
    CatalogEntry(
      type: type, aliases: aliases, summary: summary, formula: formula, shapes: shapes,
      fields: fields + more, weights: weights, source: source, file: place.file, line: place.line)
  }

  public var json: JSON {
    var object = JSONObject([("type", .string(type))])
    if !aliases.isEmpty { object["aliases"] = .array(aliases.map(JSON.string)) }
    object["summary"] = .string(summary)
    object["formula"] = .string(formula)
    if let shapes { object["shapes"] = .string(shapes) }
    object["parameters"] = .array(fields.map(\.json))
    if !weights.isEmpty { object["weights"] = .array(weights.map(JSON.string)) }
    object["source"] = .string(source)
    return .object(object)
  }
}

/// A choice that a document made among the entries of a catalog.
public struct CatalogChoice {
  /// The position of the chosen entry.
  public let index: Int
  /// A reader of the choice's object, with `type` already read.
  public var reader: ObjectReader

  /// Reads what is written either as a name or as an object whose `type` is that name.
  ///
  /// - Parameter kind: what is chosen, for messages: "optimizer", "loss", ….
  /// - Throws: `Faults` when there's no such entry; the message lists those there are.
  public init(
    _ value: JSON, among entries: [CatalogEntry], kind: String, pointer: String
  ) throws(Faults) {
    let name: String
    let place: String
    switch value {
    case .string(let text):
      reader = ObjectReader(.object(JSONObject([("type", value)])), pointer: pointer)
      _ = reader.value("type")
      name = text
      place = pointer
    case .object:
      reader = ObjectReader(value, pointer: pointer)
      place = reader.pointer(to: "type")
      // Without a type nothing says which of the other members belong here.
      guard let type = reader.requiredValue("type") else { throw reader.faults }
      guard let text = type.string else {
        throw Faults([Fault(pointer: place, detail: "expected a string, found \(type.kind)")])
      }
      name = text
    default:
      let detail = "expected the name of \(kind) or an object with its type, found \(value.kind)"
      throw Faults([Fault(pointer: pointer, detail: detail)])
    }
    guard let index = entries.firstIndex(where: { $0.type == name || $0.aliases.contains(name) })
    else {
      let known = entries.flatMap { [$0.type] + $0.aliases }
      let detail =
        "\"\(name.prefix(80))\" is unknown\(nearest(name, among: known)); "
        + "one of: \(entries.map(\.type).joined(separator: ", "))"
      throw Faults([Fault(pointer: place, detail: detail)])
    }
    self.index = index
  }
}
