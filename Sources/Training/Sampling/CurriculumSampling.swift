import Datasets
import Foundation
import JSON
import Tensors

/// Easy examples first: an epoch takes those whose difficulty is among the least, and ever more of them.
///
/// Epoch `e`, from 0, of `T` until all take part: the share `min(1, (e / T (1 - sᵖ) + sᵖ)^(1/p))` of the examples, sorted by
/// the column, with `p` 1 for `linear` and 2 for `root`. They are shuffled, again and again until the epoch is full.
/// Bengio et al. 2009, ICML; the share as in Platanios et al. 2019, arXiv:1903.09848.
public struct CurriculumSampling: Sampling {
  public enum Pace: String, Hashable, Sendable, CaseIterable {
    case linear, root

    var power: Double { self == .linear ? 1 : 2 }
  }

  public let column: String
  /// Whether a small number is easy.
  public let isAscending: Bool
  public let startFraction: Double
  public let epochs: Int
  public let pace: Pace

  private static let columnField = Field(
    "column", .described("a name"), isRequired: true,
    "The column, or the array of a number an example, that says how hard it is.")
  private static let orderField = Field(
    "order", .choice(["ascending", "descending"]), default: "ascending",
    "Whether small numbers are easy, or large ones.")
  private static let startField = Field(
    "start_fraction", .number(0.001...1), default: 0.1, "s, the share that the first epoch takes.")
  private static let epochsField = Field(
    "epochs", .integer(1...1_000_000), isRequired: true, "T, after how many epochs all take part.")
  private static let paceField = Field(
    "pace", .choice(Pace.allCases.map(\.rawValue)), default: "root", "How the share grows.")

  public static let documentation = CatalogEntry(
    type: "curriculum",
    summary: "Easy examples first, and ever harder ones with them.",
    formula: "share = min(1, (e / T (1 - sᵖ) + sᵖ)^(1/p)), p 1 for linear, 2 for root",
    fields: [columnField, orderField, startField, epochsField, paceField],
    source: "Bengio et al. 2009, ICML; Platanios et al. 2019, arXiv:1903.09848.")

  public init(from reader: inout ObjectReader) {
    _ = reader.requiredValue("column")
    column = reader.string("column") ?? ""
    isAscending = reader.choice(Self.orderField) == "ascending"
    startFraction = reader.double(Self.startField)
    epochs = reader.integer(Self.epochsField)
    pace = Pace(rawValue: reader.choice(Self.paceField)) ?? .root
  }

  public var configuration: [(String, JSON)] {
    [
      ("column", .string(column)), ("order", isAscending ? "ascending" : "descending"),
      ("start_fraction", .number(startFraction)), ("epochs", .integer(epochs)),
      ("pace", .string(pace.rawValue)),
    ]
  }

  public func faults(_ source: any ExampleSource) -> [(member: String, detail: String)] {
    ExampleColumn.faults(column, of: source) { values in
      values.firstIndex { $0.isNaN }.map { "example \($0) has no number, and can't be sorted" }
    }
  }

  public func sampler(
    of source: any ExampleSource, members: ExampleSet?, seed: UInt64
  ) -> any Sampler {
    let all = ExampleColumn.values(of: column, in: source) ?? []
    let values = members.map { $0.map { all[$0] } } ?? all
    // Equals stay in their order.
    let sorted = values.indices.sorted { first, second in
      let (a, b) = (values[first], values[second])
      return a == b ? first < second : (a < b) == isAscending
    }
    return Curriculum(sorted: sorted, rule: self, philox: Philox(seed: seed, purpose: "curriculum"))
  }

  /// The share of the examples that an epoch takes.
  ///
  /// - Parameter epoch: from 0.
  func share(epoch: Int) -> Double {
    let power = pace.power
    let start = pow(startFraction, power)
    return min(1, pow(Double(epoch) / Double(epochs) * (1 - start) + start, 1 / power))
  }

  private struct Curriculum: Sampler {
    /// Positions, the easiest first.
    let sorted: [Int]
    let rule: CurriculumSampling
    let philox: Philox

    func write(epoch: Int, to order: inout [Int]) {
      order.removeAll(keepingCapacity: true)
      let count = sorted.count
      let easy = min(count, max(1, Int((Double(count) * rule.share(epoch: epoch)).rounded())))
      var generator = philox.generator(stream: UInt64(truncatingIfNeeded: epoch))
      while order.count < count {
        let start = order.count
        let length = min(easy, count - start)
        order.append(contentsOf: sorted[..<easy])
        // Fisher and Yates, as far as is needed.
        for place in 0..<length {
          let other = Int.random(in: place..<easy, using: &generator)
          order.swapAt(start + place, start + other)
        }
        order.removeLast(order.count - start - length)
      }
    }
  }
}
