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

  /// How many numbers of a model's input it makes.
  public var width: Int {
    switch content {
    case .number: 1
    case .category(let values, _, _): values.count
    case .unused: 0
    }
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
    case .unused: break
    }
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
    switch reader.string("kind", in: ["number", "category"]) {
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
      content = .category(values: values, counts: counts, fill: fill)
    default: content = .unused
    }
    try reader.finish().check()
  }
}
