import JSON

/// What an upload's `schema` says of one column.
public struct ColumnRule: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case number, category, date, ignore
  }

  public var kind: Kind?
  public var missing: ImportOptions.Missing?
  /// What stands for a missing number.
  public var fill: Double?
  public var hasIndicator = false
  public var scale: ScalingMethod?
  public var clip: ClosedRange<Double>?
  public var encoding: ColumnTreatment.Encoding?
  public var parts: DateParts = []

  init() {}

  init(_ json: JSON, pointer: String) throws(Faults) {
    if let text = json.string {
      kind = Kind(rawValue: text)
      if kind == nil {
        let known = Kind.allCases.map(\.rawValue)
        throw Faults([
          Fault(
            pointer: pointer,
            detail: "\"\(text.prefix(80))\" is no type\(nearest(text, among: known)); one of: "
              + known.joined(separator: ", "))
        ])
      }
      return
    }
    var reader = ObjectReader(json, pointer: pointer)
    kind = reader.string("type", in: Kind.allCases.map(\.rawValue)).flatMap(Kind.init)
    missing = reader.string("missing", in: ImportOptions.Missing.allCases.map(\.rawValue))
      .flatMap(ImportOptions.Missing.init)
    let largest = Double.greatestFiniteMagnitude
    fill = reader.double("fill", in: -largest...largest)
    hasIndicator = reader.bool("indicator") ?? false
    scale = reader.string("scale", in: ScalingMethod.allCases.map(\.rawValue))
      .flatMap(ScalingMethod.init)
    if let ends = reader.array("clip") {
      let numbers = ends.compactMap(\.double)
      if numbers.count == 2, ends.count == 2, numbers[0] < numbers[1] {
        clip = numbers[0]...numbers[1]
      } else {
        reader.fault("clip", "expected the least and the largest number, as [0, 100]")
      }
    }
    let buckets = reader.integer("buckets", in: ColumnTreatment.buckets)
    encoding = reader.string("encoding", in: ImportOptions.Categories.allCases.map(\.rawValue))
      .flatMap(ImportOptions.Categories.init).map { .init($0, buckets: buckets) }
    if buckets != nil, !reader.has("encoding") {
      reader.fault("buckets", "belongs to the encoding hash; add \"encoding\": \"hash\"")
    }
    for name in reader.strings("parts") ?? [] {
      if let part = DateParts.names.first(where: { $0.name == name })?.part {
        parts.insert(part)
      } else {
        let known = DateParts.names.map(\.name)
        reader.fault(
          "parts",
          "\"\(name.prefix(80))\" is no part of a date\(nearest(name, among: known)); one of: "
            + known.joined(separator: ", "))
      }
    }
    try reader.finish().check()
  }

  /// The rules of a schema, `{ "column": "type" or { … } }`.
  static func rules(_ text: String, pointer: String) throws(Faults) -> [String: ColumnRule] {
    let value: JSON
    do {
      value = try JSON(parsing: text)
    } catch {
      throw Faults([Fault(pointer: pointer, detail: "is no JSON: \(error)")])
    }
    guard case .object(let object) = value else {
      throw Faults([
        Fault(pointer: pointer, detail: "expected an object by columns, found \(value.kind)")
      ])
    }
    var rules: [String: ColumnRule] = [:]
    var faults = Faults()
    for (name, rule) in object.members {
      do throws(Faults) {
        rules[name] = try ColumnRule(rule, pointer: "\(pointer)/\(escapedPointerToken(name))")
      } catch {
        faults.add(error)
      }
    }
    try faults.check()
    return rules
  }
}
