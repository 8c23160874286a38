import Digests
import JSON

/// What makes a split: a rule, how much each part gets, and a seed.
public struct SplitRecipe: Sendable {
  public let rule: any SplitRule
  public let shares: SplitShares
  public let seed: UInt64

  static let seedField = Field(
    "seed", .integer(0...Int.max), default: 0, "By which what is random is drawn.")

  /// Reads all of a document's members but those that `reader` had before; what is wrong with them is recorded there.
  ///
  /// - Returns: `nil` where the rule can't be told.
  public init?(from reader: inout ObjectReader) {
    guard let value = reader.requiredValue("type") else { return nil }
    let entries = SplitCatalog.entries
    guard let name = value.string, let index = entries.firstIndex(where: { $0.type == name }) else {
      let names = entries.map(\.type)
      let found = value.string.map { "\"\($0.prefix(80))\" is unknown\(nearest($0, among: names))" }
      reader.fault(
        "type",
        "\(found ?? "expected a string, found \(value.kind)"); one of: \(names.joined(separator: ", "))"
      )
      return nil
    }
    rule = SplitCatalog.all[index].init(from: &reader)
    if let own = type(of: rule).ownShares {
      for field in SplitShares.fields where reader.has(field.name) {
        reader.fault(
          field.name, "the \(name) split says itself which example is for what; leave it out")
        _ = reader.value(field.name)
      }
      shares = own
    } else {
      shares = SplitShares(from: &reader)
    }
    seed = UInt64(reader.integer(Self.seedField))
  }

  public init(_ json: JSON) throws(Faults) {
    var reader = ObjectReader(json)
    let recipe = SplitRecipe(from: &reader)
    try reader.finish().check()
    guard let recipe else { throw reader.faults }
    self = recipe
  }

  /// As it is stored.
  public var json: JSON {
    let own = type(of: rule).ownShares == nil ? shares.configuration : []
    return .object(
      JSONObject(
        [("type", .string(type(of: rule).type))] + rule.configuration + own
          + [("seed", .integer(Int(seed)))]))
  }

  /// What no other recipe's file is called.
  public var key: String { SHA256.digest(of: "chainrule split 1\n\(json)".utf8).hexadecimal }

  /// Shares a dataset's examples out.
  ///
  /// - Throws: `DatasetError` where that can't be, or leaves a part empty.
  public func parts(of source: SplitSource) throws(DatasetError) -> SplitParts {
    let dataset = source.dataset
    if dataset.graph != nil {
      throw DatasetError(
        .unsupported, "a graph says itself what is for validation and test, by its masks")
    }
    guard dataset.examples <= SplitParts.mostExamples else {
      throw DatasetError(
        .limitExceeded,
        "a split has at most \(SplitParts.mostExamples) examples, and there are \(dataset.examples); a run's "
          + "validation.fraction has no such limit")
    }
    if let column = rule.column, dataset.examples > SplitParts.mostRows {
      throw DatasetError(
        .limitExceeded,
        "a split by a column has at most \(SplitParts.mostRows) examples, and there are \(dataset.examples)",
        columnName: column)
    }
    if dataset.sharesRows, !type(of: rule).takesWindows {
      let entity = dataset.description.input.series?.entities?.column
      guard let entity, rule.column == entity, type(of: rule).keepsValuesTogether else {
        throw DatasetError(
          .unsupported,
          "the examples are windows, which share rows with their neighbours; say \"type\": \"order\""
            + (entity.map { ", or \"type\": \"group\" with \"column\": \"\($0)\"" } ?? ""))
      }
    }
    let parts = SplitParts(
      try rule.parts(of: source, shares: shares, seed: seed), shares: shares,
      isForward: type(of: rule).isForward)
    for part in parts.counts.indices where parts.counts[part] == 0 && isNeeded(part) {
      throw DatasetError(
        .option,
        "the part \"\(shares.name(of: part))\" gets none of \(dataset.examples) examples; give it a larger share, or "
          + "split by something else")
    }
    return parts
  }

  private func isNeeded(_ part: Int) -> Bool {
    if case .fractions(_, let test) = shares { part < 2 || test > 0 } else { true }
  }
}
