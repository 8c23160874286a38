import JSON

/// As a column says.
public struct ColumnSplit: SplitRule {
  /// Values that one part may name.
  static let mostValues = 10_000

  private static let field = RequiredColumn.field("Says of each row which part it is in.")
  private static let values = Field(
    "values", .described("an object of lists of texts"),
    "The column's values for `train`, `validation` and `test`; rows with others are left out. These names themselves, and val, valid, "
      + "dev, training and testing, in any case of letters, when there is none.")

  public static let documentation = CatalogEntry(
    type: "column", summary: "As a column says.", formula: "part = values[column]",
    fields: [field, values], source: "As datasets come that have a column of their own for it.")

  private let required: RequiredColumn
  private let lists: [[String]]?

  public init(from reader: inout ObjectReader) {
    required = RequiredColumn(Self.field, from: &reader)
    guard var part = reader.reader(Self.values.name) else {
      lists = nil
      return
    }
    let lists = ["train", "validation", "test"].map { role in
      part.strings(role, count: 0...Self.mostValues) ?? []
    }
    reader.add(part.finish())
    let all = lists.flatMap { $0 }
    if Set(all).count < all.count {
      reader.fault(Self.values.name, "names a value twice; a row is in one part alone")
    }
    if lists[0].isEmpty || lists[1].isEmpty {
      reader.fault(Self.values.name, "needs values for train and for validation")
    }
    self.lists = lists
  }

  public var column: String? { required.name }

  public static var ownShares: SplitShares? { .fractions(validation: 0, test: 0) }

  public var configuration: [(String, JSON)] {
    let values = lists.map { lists -> (String, JSON) in
      let members = zip(["train", "validation", "test"], lists).map {
        ($0, JSON.array($1.map(JSON.string)))
      }
      return ("values", .object(JSONObject(members)))
    }
    return required.configuration + (values.map { [$0] } ?? [])
  }

  private static let usual = [
    ["train", "training", "tr"], ["validation", "val", "valid", "dev"], ["test", "testing"],
  ]

  public func parts(
    of source: SplitSource, shares: SplitShares, seed: UInt64
  ) throws(DatasetError) -> [SplitParts.Part] {
    var parts: [String: SplitParts.Part] = [:]
    for (index, list) in (lists ?? Self.usual).enumerated() {
      for value in list { parts[value] = SplitParts.Part(index) }
    }
    var all: [SplitParts.Part] = []
    all.reserveCapacity(source.examples)
    try source.forEachField(of: required.name) { (field) throws(DatasetError) in
      let text = String(decoding: field, as: UTF8.self)
      let part = parts[lists == nil ? text.lowercased() : text]
      if part == nil, lists == nil {
        throw DatasetError(
          .option,
          "\"\(text.prefix(80))\" is none of train, validation and test; say in values what it stands for"
        )
      }
      all.append(part ?? SplitParts.none)
    }
    return all
  }
}
