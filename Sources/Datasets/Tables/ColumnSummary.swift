import CTables
import Foundation
import JSON

/// What an import tells of a column beside what it does with it.
public struct ColumnSummary: Hashable, Sendable {
  /// What its values look like, over the whole file.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case numeric, integer, boolean, categorical, date, text, constant, identifier
  }

  public var kind: Kind
  /// How many different values there are …
  public var distinct: Int
  /// … which is an estimate, with a standard error of 1.6 %, where they were too many to count.
  public var isEstimate: Bool
  /// At 1, 5, 25, 50, 75, 95 and 99 percent; none for what isn't a number.
  public var quantiles: [Double]
  /// Counts of numbers in bins of one width from the least to the largest.
  public var histogram: [Int]
  /// How many numbers quantiles and histogram were taken from: all where distinct ones were counted, else a sample drawn uniformly.
  public var sampled: Int
  /// The most frequent values, each with how often it occurs; none where they were too many to count.
  public var top: [(value: String, count: Int)]
  /// What it has to do with the target, from 0 to 1, or from -1 where both are numbers.
  public var relation: Relation?

  /// A measure of what two columns have to do with each other.
  public struct Relation: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
      /// Pearson's correlation.
      case correlation
      /// The square root of the share of the variance that the classes' means make.
      case correlationRatio = "correlation_ratio"
      /// Cramér's V.
      case association
    }

    public let kind: Kind
    public let value: Double
  }

  static let shares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
  private static let names = ["p1", "p5", "p25", "p50", "p75", "p95", "p99"]
  static let bins = 32
  static let mostTop = 10

  public static func == (one: Self, other: Self) -> Bool { one.json == other.json }
  public func hash(into hasher: inout Hasher) { hasher.combine(json) }

  var members: [(String, JSON)] {
    var members: [(String, JSON)] = [
      ("type", .string(kind.rawValue)), ("distinct", .integer(distinct)),
    ]
    if isEstimate { members.append(("distinct_is_estimate", true)) }
    if !quantiles.isEmpty {
      members.append(
        (
          "quantiles",
          .object(JSONObject(zip(Self.names, quantiles.map(JSON.number)).map { ($0, $1) }))
        ))
    }
    if !histogram.isEmpty { members.append(("histogram", .array(histogram.map(JSON.integer)))) }
    if sampled > 0 { members.append(("sampled", .integer(sampled))) }
    if !top.isEmpty {
      members.append(
        ("top", .array(top.map { ["value": .string($0.value), "count": .integer($0.count)] })))
    }
    if let relation {
      members.append(
        ("relation", ["kind": .string(relation.kind.rawValue), "value": .number(relation.value)]))
    }
    return members
  }

  private var json: JSON { .object(JSONObject(members)) }

  /// Reads back what `members` wrote; `nil` where there's none.
  init?(reader: inout ObjectReader) {
    let kinds = Kind.allCases.map(\.rawValue)
    let found = reader.string("type", in: kinds).flatMap(Kind.init)
    distinct = reader.integer("distinct", in: 0...Int.max) ?? 0
    isEstimate = reader.bool("distinct_is_estimate") ?? false
    quantiles = []
    if let object = reader.value("quantiles")?.object {
      quantiles = Self.names.compactMap { object[$0]?.double }
    }
    histogram = (reader.array("histogram") ?? []).compactMap(\.integer)
    sampled = reader.integer("sampled", in: 0...Int.max) ?? 0
    top = (reader.array("top") ?? []).compactMap { entry in
      guard let value = entry["value"]?.string, let count = entry["count"]?.integer else {
        return nil
      }
      return (value, count)
    }
    if let value = reader.value("relation") {
      let kind = value["kind"]?.string.flatMap(Relation.Kind.init)
      if let kind, let number = value["value"]?.double {
        relation = .init(kind: kind, value: number)
      }
    }
    guard let found else { return nil }
    kind = found
  }

  /// - Parameter column: what a survey saw of it.
  init(_ column: tb_column, rows: Int) {
    let numbers = Int(column.numbers)
    let texts = Int(column.texts)
    let counts = column.counts
    isEstimate = counts.map(tb_counts_overflowed) ?? false
    distinct = counts.map { Int(tb_counts_distinct($0)) } ?? 0
    (quantiles, histogram, sampled, top) = ([], [], 0, [])
    if distinct == 1, !isEstimate {
      kind = .constant
    } else if texts == 0, numbers > 0 {
      let isWhole = column.integers == column.numbers
      kind =
        isWhole
        ? (column.is_rising && numbers == rows && rows > 2 ? .identifier : .integer) : .numeric
    } else if column.dates == column.texts, texts > 0, numbers == 0 {
      kind = .date
    } else if column.booleans == column.texts, texts > 0, numbers == 0, distinct <= 2 {
      kind = .boolean
    } else if texts > 2, !isEstimate && distinct == texts {
      kind = .identifier
    } else {
      kind = isEstimate || distinct * 2 > texts + numbers && texts > 20 ? .text : .categorical
    }
    let values = CountedValues(counts)
    if texts == 0, numbers > 0 {
      let known =
        values?.numbers
        ?? RankedNumbers(UnsafeBufferPointer(start: column.sample, count: Int(column.sample_held)))
      sampled = known.count
      quantiles = Self.shares.map(known.quantile)
      histogram = Self.histogram(known, from: column.sums.minimum, to: column.sums.maximum)
    }
    if let values { top = Self.top(values) }
  }

  private static func histogram(
    _ known: RankedNumbers, from least: Double, to largest: Double
  ) -> [Int] {
    let width = (largest - least) / Double(bins)
    guard width > 0, width.isFinite else { return [] }
    var histogram = [Int](repeating: 0, count: bins)
    for (value, count) in known.numbers {
      histogram[max(0, min(bins - 1, Int((value - least) / width)))] += count
    }
    return histogram
  }

  private static func top(_ values: CountedValues) -> [(value: String, count: Int)] {
    let order = values.indices.sorted {
      let (one, other) = (values.count($0), values.count($1))
      return one != other ? one > other : $0 < $1
    }
    return order.prefix(mostTop).map { (values.text($0, longest: 100), values.count($0)) }
  }
}
