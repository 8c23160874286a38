import Foundation
import JSON

/// The mean cross entropy in bits a place: a character, a byte or a token, whatever the dataset's places are.
public struct BitsPerCharacter: Metric {
  public static let documentation = CatalogEntry(
    type: "bits_per_character", aliases: ["bpc"],
    summary:
      "The mean cross entropy in bits, of a character, byte or token as the dataset has them.",
    formula: "-(1/N) Σ_n log₂ p_n[class]",
    source: "Graves 2013, arXiv:1308.0850.")

  public init(from reader: inout ObjectReader) {}

  public var direction: EarlyStopping.Mode? { .minimum }
  public var tallies: [TallyKind] { [.likelihood] }

  public func objection(to task: MetricTask) -> String? { task.objectionForWantOfProbabilities }

  public func value(of tallies: TallySet) -> Double? {
    tallies.likelihood?.crossEntropy.map { $0 / log(2) }
  }
}
