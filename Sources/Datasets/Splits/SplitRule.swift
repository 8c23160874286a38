import JSON

/// How a dataset's examples are shared out among parts.
///
/// What it says is a function of the dataset, the shares and the seed. A new way is a file here, a line in `SplitCatalog` and a test.
public protocol SplitRule: Sendable {
  static var documentation: CatalogEntry { get }

  /// Reads the configuration; what is wrong with it is recorded in the reader.
  init(from reader: inout ObjectReader)

  var configuration: [(String, JSON)] { get }

  /// The column of the upload that it looks at; `nil` for none.
  var column: String? { get }

  /// The member of the document that is at fault where a dataset can't be shared out so.
  var place: String { get }

  /// What takes the place of shares; `nil` where shares say how large the parts are.
  static var ownShares: SplitShares? { get }

  /// Whether parts follow each other in time: of folds those before the one that validates train, and the first doesn't validate.
  static var isForward: Bool { get }

  /// Whether it can share out windows, which have rows in common with their neighbours.
  static var takesWindows: Bool { get }

  /// Whether rows with the same value of the column are in one part.
  static var keepsValuesTogether: Bool { get }

  /// The part of each example.
  ///
  /// - Throws: `DatasetError` where the dataset can't be shared out so.
  func parts(
    of source: SplitSource, shares: SplitShares, seed: UInt64
  ) throws(DatasetError) -> [SplitParts.Part]
}

extension SplitRule {
  public static var type: String { documentation.type }
  public var column: String? { nil }
  public var place: String { column == nil ? "type" : "column" }
  public static var ownShares: SplitShares? { nil }
  public static var isForward: Bool { false }
  public static var takesWindows: Bool { false }
  public static var keepsValuesTogether: Bool { false }
}

/// The ways of splitting that a document may name, in the order in which the catalog lists them.
public enum SplitCatalog {
  public static let all: [any SplitRule.Type] = [
    RandomSplit.self,
    StratifiedSplit.self,
    GroupSplit.self,
    TimeSplit.self,
    OrderSplit.self,
    ColumnSplit.self,
    GivenSplit.self,
  ]

  public static var entries: [CatalogEntry] {
    all.map { rule in
      let shares = rule.ownShares == nil ? SplitShares.fields : []
      return rule.documentation.adding(shares + [SplitRecipe.seedField])
    }
  }

  /// The catalog of this folder as `GET /v1/catalog` serves it.
  public static var members: [(name: String, entries: [CatalogEntry])] { [("splits", entries)] }
}
