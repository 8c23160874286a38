import JSON

/// Something measured of a model's answers beside the loss.
///
/// A metric is a function of what tallies have counted, so that several share one count. A new metric is a file here,
/// a line in `MetricCatalog` and a case in its fixture.
public protocol Metric: Sendable {
  static var documentation: CatalogEntry { get }

  /// The names by which a document may choose it without an object, each with the members it stands for.
  static var plainNames: [(name: String, members: JSONObject)] { get }

  /// The members that a plain name stands for, for names that no list holds; `nil` when it isn't such a name.
  static func members(ofPlainName name: String) -> JSONObject?

  /// Reads the members of its object; what is wrong with them is recorded in the reader.
  init(from reader: inout ObjectReader)

  /// What its series are called, after the part: `validation_<name>`.
  var name: String { get }

  /// Which way it gets better; `nil` for what is no number.
  var direction: EarlyStopping.Mode? { get }

  /// What has to be counted for it.
  var tallies: [TallyKind] { get }

  /// Why it doesn't suit what an output is compared with, as a sentence without the metric's name; `nil` when it does.
  func objection(to task: MetricTask) -> String?

  /// The value by what was counted; `nil` when there was nothing to count, or it is no number.
  func value(of tallies: TallySet) -> Double?
}

extension Metric {
  public static var type: String { documentation.type }

  public static var plainNames: [(name: String, members: JSONObject)] {
    ([type] + documentation.aliases).map { ($0, JSONObject()) }
  }

  public static func members(ofPlainName name: String) -> JSONObject? { nil }

  public var name: String { Self.type }

  /// Whether its value is a number, which series and `early_stopping` have.
  public var isNumber: Bool { direction != nil }
}

extension [any Metric] {
  /// Whether right answers are counted beside the loss.
  var measureAccuracy: Bool { contains { $0 is Accuracy } }
}

/// A metric's value over a set of examples.
public struct MetricValue: Hashable, Sendable, Codable {
  public let name: String
  /// NaN where it isn't defined, as the area under a curve of one class.
  public let value: Double

  public init(_ name: String, _ value: Double) {
    self.name = name
    self.value = value
  }
}

extension [MetricValue] {
  public subscript(name: String) -> Double? { first { $0.name == name }?.value }
}
