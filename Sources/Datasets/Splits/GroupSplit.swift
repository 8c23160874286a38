import JSON
import Tensors

/// Whole groups at random: rows with the same value of a column stay together.
public struct GroupSplit: SplitRule {
  private static let field = RequiredColumn.field(
    "Says of each row which group it belongs to: a patient, a customer, a machine.")

  public static let documentation = CatalogEntry(
    type: "group",
    summary: "Whole groups at random: rows with the same value of a column stay together.",
    formula: "each group, in random order, to the part that lacks most of n · share",
    fields: [field],
    source: "As sklearn.model_selection.GroupShuffleSplit and GroupKFold.")

  private let required: RequiredColumn

  public init(from reader: inout ObjectReader) {
    required = RequiredColumn(Self.field, from: &reader)
  }

  public var column: String? { required.name }
  public static let keepsValuesTogether = true
  public var configuration: [(String, JSON)] { required.configuration }

  public func parts(
    of source: SplitSource, shares: SplitShares, seed: UInt64
  ) throws(DatasetError) -> [SplitParts.Part] {
    let (codes, count) = try source.codes(of: required.name, most: SplitParts.mostRows)
    var sizes = Array(repeating: 0, count: count)
    for code in codes { sizes[Int(code)] += 1 }
    var order = Array(0..<count)
    var generator = Philox(seed: seed, purpose: "stored split").generator(stream: 0)
    shuffle(&order, first: count, with: &generator)
    var lacking = shares.shares.map { $0 * Double(codes.count) }
    var parts = Array(repeating: SplitParts.none, count: count)
    for group in order {
      // The first of those that lack most.
      let most = lacking.max() ?? 0
      let part = lacking.firstIndex(of: most) ?? 0
      lacking[part] -= Double(sizes[group])
      parts[group] = SplitParts.Part(part)
    }
    return codes.map { parts[Int($0)] }
  }
}
