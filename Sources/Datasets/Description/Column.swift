import JSON

/// What became of one column of a table.
public struct Column: Hashable, Sendable {
  public enum Role: String, Hashable, Sendable, CaseIterable {
    case feature, target, ignored
  }

  public enum Content: Hashable, Sendable {
    /// Numbers; `fill` stands for a missing one.
    case number(NumberStatistics, Scaling, fill: Double?)
    /// One of `values`, each with how often it occurs; `fill` is the position of the one that
    /// stands for a missing value.
    case category(values: [String], counts: [Int], fill: Int?)
    /// Moments, in seconds since 1970.
    case date(NumberStatistics, Scaling)
    /// Not looked at.
    case unused
  }

  public let name: String
  /// Counted from 1.
  public let position: Int
  public let role: Role
  public let content: Content
  /// How many of its values are missing.
  public let missing: Int
  /// Why it was taken for what it is.
  public let evidence: String
  /// What is done to it beside scaling.
  public var treatment = ColumnTreatment()
  /// What stands for each of its values, all numbers of one after those of another, where it is encoded by the target; else empty.
  public var codes: [Float] = []
  /// What else is told of it; `nil` for one that was imported before there was that, or isn't looked at.
  public var summary: ColumnSummary?

  public init(
    name: String, position: Int, role: Role, content: Content, missing: Int, evidence: String
  ) {
    self.name = name
    self.position = position
    self.role = role
    self.content = content
    self.missing = missing
    self.evidence = evidence
  }

  /// How many numbers of a model's input it makes.
  public var width: Int {
    let own: Int
    switch content {
    case .number: own = 1
    case .date: own = treatment.parts.width
    case .category(let values, _, _):
      switch treatment.encoding {
      case .oneHot: own = values.count
      case .ordinal, .embed: own = 1
      case .hash(let buckets): own = buckets
      case .target: own = codes.count / max(1, values.count)
      }
    case .unused: return 0
    }
    return own + (treatment.hasIndicator ? 1 : 0)
  }

  /// The same column with another scaling and another number in place of a missing one.
  func fitted(_ scaling: Scaling, fill: Double?) -> Column {
    let content: Content
    switch self.content {
    case .number(let statistics, _, _): content = .number(statistics, scaling, fill: fill)
    case .date(let statistics, _): content = .date(statistics, scaling)
    case .category, .unused: return self
    }
    var column = Column(
      name: name, position: position, role: role, content: content, missing: missing,
      evidence: evidence)
    column.treatment = treatment
    column.summary = summary
    return column
  }

  /// The values of a category; none of anything else.
  var values: [String] {
    if case .category(let values, _, _) = content { values } else { [] }
  }

  /// Where the numbers of each of some columns begin in a row that they make, and how many these are in all.
  static func places(of columns: [Column]) -> (offsets: [Int], width: Int) {
    var width = 0
    let offsets = columns.map { column in
      defer { width += column.width }
      return width
    }
    return (offsets, width)
  }

  /// What stands for a category in the order of several: -1 for the first, 1 for the last.
  static func ordinal(_ index: Int, of count: Int) -> Float {
    count < 2 ? 0 : Float(2 * index) / Float(count - 1) - 1
  }
}

extension Column {
  /// The column as `GET /v1/datasets/{id}` shows it.
  public var json: JSON {
    var object = JSONObject([
      ("name", .string(name)), ("position", .integer(position)), ("role", .string(role.rawValue)),
    ])
    switch content {
    case .number(let statistics, let scaling, let fill):
      object["kind"] = "number"
      object["missing"] = .integer(missing)
      for (name, value) in statistics.members { object[name] = value }
      object["scaling"] = scaling.json
      if let fill { object["fill"] = .number(fill) }
    case .category(let values, let counts, let fill):
      object["kind"] = "category"
      object["missing"] = .integer(missing)
      object["values"] = .array(values.map(JSON.string))
      object["counts"] = .array(counts.map(JSON.integer))
      if let fill { object["fill"] = .integer(fill) }
      if !codes.isEmpty { object["codes"] = .array(codes.map { .number(Double($0)) }) }
    case .date(let statistics, let scaling):
      object["kind"] = "date"
      object["missing"] = .integer(missing)
      for (name, value) in statistics.members { object[name] = value }
      object["scaling"] = scaling.json
    case .unused: break
    }
    let treated = treatment.members
    if !treated.isEmpty { object["treatment"] = .object(JSONObject(treated)) }
    for (name, value) in summary?.members ?? [] { object[name] = value }
    if !evidence.isEmpty { object["evidence"] = .string(evidence) }
    return .object(object)
  }

  init(_ json: JSON, pointer: String) throws(Faults) {
    var reader = ObjectReader(json, pointer: pointer)
    name = reader.string("name") ?? ""
    position = reader.integer("position", in: 1...Int.max) ?? 1
    role = reader.string("role", in: Role.allCases.map(\.rawValue)).flatMap(Role.init) ?? .ignored
    missing = reader.integer("missing", in: 0...Int.max) ?? 0
    evidence = reader.string("evidence") ?? ""
    if let value = reader.value("treatment") {
      var inner = ObjectReader(value, pointer: reader.pointer(to: "treatment"))
      treatment = ColumnTreatment(reader: &inner)
      reader.add(inner.finish())
    }
    summary = ColumnSummary(reader: &reader)
    switch reader.string("kind", in: ["number", "category", "date"]) {
    case "date":
      let statistics = NumberStatistics(reader: &reader)
      let scaling = reader.value("scaling") ?? .null
      content = .date(statistics, try Scaling(scaling, pointer: reader.pointer(to: "scaling")))
    case "number":
      let statistics = NumberStatistics(reader: &reader)
      let numbers = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
      let fill = reader.double("fill", in: numbers)
      let scaling = reader.value("scaling") ?? .null
      content = .number(
        statistics, try Scaling(scaling, pointer: reader.pointer(to: "scaling")), fill: fill)
    case "category":
      let values = reader.strings("values") ?? []
      let counts = (reader.array("counts") ?? []).compactMap(\.integer)
      let fill = reader.integer("fill", in: 0...max(0, values.count - 1))
      if counts.count != values.count { reader.fault("counts", "is no list of \(values.count)") }
      codes = (reader.array("codes") ?? []).compactMap(\.double).map { Float($0) }
      if treatment.encoding == .target, codes.isEmpty || codes.count % max(1, values.count) != 0 {
        reader.fault("codes", "has \(codes.count) numbers for \(values.count) values")
      }
      content = .category(values: values, counts: counts, fill: fill)
    default: content = .unused
    }
    try reader.finish().check()
  }
}
