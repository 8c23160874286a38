import Datasets
import JSON

/// Every class as often as every other.
///
/// Draws with replacement; an example of a class of `n` weighs `1 / n`. Japkowicz and Stephen 2002, "The class imbalance
/// problem".
public struct BalancedSampling: Sampling {
  public static let documentation = CatalogEntry(
    type: "balanced",
    summary: "Every class as often as every other, drawn with replacement.",
    formula: "P(example) = 1 / (classes · examples of its class)",
    source:
      "Japkowicz and Stephen 2002. As torch.utils.data.WeightedRandomSampler with inverse counts.")

  public init(from reader: inout ObjectReader) {}

  public var configuration: [(String, JSON)] { [] }

  public func faults(_ source: any ExampleSource) -> [(member: String, detail: String)] {
    source.classIndices.isEmpty
      ? [
        (
          "type",
          "balanced needs classes, and the dataset's target is none; weighted takes a column"
        )
      ]
      : []
  }

  public func sampler(
    of source: any ExampleSource, members: ExampleSet?, seed: UInt64
  ) -> any Sampler {
    let all = source.classIndices
    let classes = members.map { $0.map { all[$0] } } ?? Array(all)
    var counts: [Int32: Int] = [:]
    for index in classes { counts[index, default: 0] += 1 }
    return WeightedDraws(classes.map { 1 / Double(counts[$0] ?? 1) }, seed: seed)
  }
}
