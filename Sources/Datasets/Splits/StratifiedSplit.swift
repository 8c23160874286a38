import JSON

/// At random, with the same share of every class, or of every value of a column, in each part.
public struct StratifiedSplit: SplitRule {
  /// Values of a column, at most.
  static let mostValues = 10_000

  private static let field = Field(
    "column", .described("a column's name"), "The target's classes when left out.")

  public static let documentation = CatalogEntry(
    type: "stratified",
    summary:
      "At random, with the same share of every class, or of every value of a column, in each part.",
    formula:
      "parts of n · share in all, and of n_c · share of each class c, as nearly as whole numbers allow",
    fields: [field],
    source: "As sklearn.model_selection.StratifiedKFold with shuffle.")

  public let column: String?

  public init(from reader: inout ObjectReader) { column = reader.string(Self.field.name) }

  public var configuration: [(String, JSON)] { column.map { [("column", .string($0))] } ?? [] }

  public func parts(
    of source: SplitSource, shares: SplitShares, seed: UInt64
  ) throws(DatasetError) -> [SplitParts.Part] {
    if let column {
      let (codes, values) = try source.codes(of: column, most: Self.mostValues)
      return Dealer.deal(source.examples, shares: shares, seed: seed, strata: values) {
        Int(codes[$0])
      }
    }
    let classes = source.dataset.classIndices
    guard !classes.isEmpty else {
      throw DatasetError(
        .option, "the target is no class to stratify by; name a column, or say \"type\": \"random\""
      )
    }
    let count = source.dataset.target.classes.count
    return Dealer.deal(source.examples, shares: shares, seed: seed, strata: max(1, count)) {
      max(0, Int(classes[$0]))
    }
  }
}
