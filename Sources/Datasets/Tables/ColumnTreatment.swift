import CTables
import Foundation
import JSON

/// What is done to a column's values beside scaling, before a model sees them.
public struct ColumnTreatment: Hashable, Sendable {
  /// What becomes of a category.
  public enum Encoding: Hashable, Sendable {
    /// One 1 among zeros, in the order of the values.
    case oneHot
    /// Its number in the order of the values, scaled as a number is.
    case ordinal
    /// One 1 among so many zeros, at the place of its hash; values need not be known before. Weinberger et al. 2009, arXiv:0902.2206.
    case hash(buckets: Int)
    /// Its number in the order of the values, counted from 0, in place of which a model learns a vector.
    case embed
    /// What the target is where it occurs: `TargetCodes`.
    case target

    /// - Parameter buckets: of hashed ones.
    init(_ name: ImportOptions.Categories, buckets: Int?) {
      switch name {
      case .oneHot: self = .oneHot
      case .ordinal: self = .ordinal
      case .hash: self = .hash(buckets: buckets ?? ImportOptions.usualBuckets)
      case .embed: self = .embed
      case .target: self = .target
      }
    }

    var name: ImportOptions.Categories {
      switch self {
      case .oneHot: .oneHot
      case .ordinal: .ordinal
      case .hash: .hash
      case .embed: .embed
      case .target: .target
      }
    }

    /// Whether a value's number in their order is what is stored, and others are gathered in its place.
    var isLookedUp: Bool { self == .embed || self == .target }
  }

  /// The sign of a number times log(1 + |number|) stands for it.
  public var isLogarithmic = false
  /// What is outside becomes the nearest of its ends.
  public var clip: ClosedRange<Double>?
  /// Whether the clip is found from the numbers, which a run does anew, so that what is stored isn't clipped.
  public var findsClip = false
  /// Whether one more number is 1 where the value is missing.
  public var hasIndicator = false
  public var encoding = Encoding.oneHot
  /// How the column's scaling is found, which a run does anew from the examples that it trains on.
  public var scaling = ScalingMethod.none
  /// How what stands for a missing number is found, likewise; `nil` where it is a number of its own.
  public var filling: ImportOptions.Missing?
  /// Of a date.
  public var parts: DateParts = []

  public init() {}

  public static let buckets = 2...65_536

  /// A number as it is before it is scaled.
  func value(_ number: Double) -> Double {
    let clipped = clip.map { min(max(number, $0.lowerBound), $0.upperBound) } ?? number
    guard isLogarithmic else { return clipped }
    return clipped < 0 ? -log1p(-clipped) : log1p(clipped)
  }

  /// A box plot's whiskers: beyond the middle half by one and a half times its range (Tukey 1977); `nil` where that has none.
  static func whiskers(_ lower: Double, _ upper: Double) -> ClosedRange<Double>? {
    let reach = 1.5 * (upper - lower)
    return reach > 0 && reach.isFinite ? lower - reach...upper + reach : nil
  }

  /// The number of which `value` makes this.
  func original(_ value: Double) -> Double {
    guard isLogarithmic else { return value }
    return value < 0 ? -expm1(-value) : expm1(value)
  }

  /// Whether numbers that were made so differ from another's by scaling alone.
  func isLike(_ other: ColumnTreatment) -> Bool {
    isLogarithmic == other.isLogarithmic && encoding == other.encoding && parts == other.parts
      && (hasIndicator || !other.hasIndicator)
  }

}

/// What is taken of dates: each part that comes round again becomes a sine and a cosine.
public struct DateParts: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let time = DateParts(rawValue: UInt32(TB_PART_TIME))
  public static let month = DateParts(rawValue: UInt32(TB_PART_MONTH))
  public static let day = DateParts(rawValue: UInt32(TB_PART_DAY))
  public static let weekday = DateParts(rawValue: UInt32(TB_PART_WEEKDAY))
  public static let dayOfYear = DateParts(rawValue: UInt32(TB_PART_DAY_OF_YEAR))
  public static let hour = DateParts(rawValue: UInt32(TB_PART_HOUR))

  static let names: [(name: String, part: DateParts)] = [
    ("time", .time), ("month", .month), ("day", .day), ("weekday", .weekday),
    ("day_of_year", .dayOfYear), ("hour", .hour),
  ]

  var width: Int { Int(tb_date_width(rawValue)) }
  var json: JSON { .array(DateParts.names.filter { contains($0.part) }.map { .string($0.name) }) }
}

extension ColumnTreatment {
  /// Members of a column's JSON; none for a column that is only scaled.
  var members: [(String, JSON)] {
    var members: [(String, JSON)] = []
    if isLogarithmic { members.append(("log", true)) }
    if let clip {
      members.append(("clip", [.number(clip.lowerBound), .number(clip.upperBound)]))
    }
    if findsClip { members.append(("outliers", "clip")) }
    if hasIndicator { members.append(("indicator", true)) }
    if encoding != .oneHot { members.append(("encoding", .string(encoding.name.rawValue))) }
    if case .hash(let buckets) = encoding { members.append(("buckets", .integer(buckets))) }
    if scaling != .none { members.append(("scale", .string(scaling.rawValue))) }
    if let filling { members.append(("missing", .string(filling.rawValue))) }
    if !parts.isEmpty { members.append(("parts", parts.json)) }
    return members
  }

  /// Reads back what `members` wrote.
  init(reader: inout ObjectReader) {
    isLogarithmic = reader.bool("log") ?? false
    let ends = (reader.array("clip") ?? []).compactMap(\.double)
    if ends.count == 2, ends[0] <= ends[1] { clip = ends[0]...ends[1] }
    findsClip = reader.string("outliers", in: ["clip"]) != nil
    hasIndicator = reader.bool("indicator") ?? false
    let buckets = reader.integer("buckets", in: ColumnTreatment.buckets)
    let encodings = ImportOptions.Categories.allCases.map(\.rawValue)
    if let name = reader.string("encoding", in: encodings).flatMap(ImportOptions.Categories.init) {
      encoding = Encoding(name, buckets: buckets)
    }
    let methods = ScalingMethod.allCases.map(\.rawValue)
    scaling = reader.string("scale", in: methods).flatMap(ScalingMethod.init) ?? .none
    let fillings = ImportOptions.Missing.allCases.map(\.rawValue)
    filling = reader.string("missing", in: fillings).flatMap(ImportOptions.Missing.init)
    for name in reader.strings("parts") ?? [] {
      if let part = DateParts.names.first(where: { $0.name == name })?.part { parts.insert(part) }
    }
  }
}
