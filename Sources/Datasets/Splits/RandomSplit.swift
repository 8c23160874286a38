import JSON

/// Examples at random, each for itself.
public struct RandomSplit: SplitRule {
  public static let documentation = CatalogEntry(
    type: "random", summary: "Examples at random, each for itself.",
    formula: "parts of n · share, of a random order",
    source: "As sklearn.model_selection.KFold with shuffle.")

  public init(from reader: inout ObjectReader) {}

  public var configuration: [(String, JSON)] { [] }

  public func parts(
    of source: SplitSource, shares: SplitShares, seed: UInt64
  ) throws(DatasetError) -> [SplitParts.Part] {
    Dealer.deal(source.examples, shares: shares, seed: seed, strata: 1) { _ in 0 }
  }
}
