import Foundation
import JSON

/// What is remembered of a series: how it began, its newest values, and all of its past at a resolution that falls.
///
/// Never more than a few hundred numbers, however long the run.
public struct SeriesMemory: Hashable, Sendable {
  /// A value at a step.
  public struct Point: Hashable, Sendable {
    public let step: Int
    public let value: Double

    public init(step: Int, value: Double) {
      self.step = step
      self.value = value
    }
  }

  /// Values at the beginning that make the baseline.
  static let baselineLength = 100
  static let recentLength = 64
  static let pastLength = 64

  /// How many values were taken in.
  public private(set) var count = 0
  /// The very first finite value.
  public private(set) var first: Double?
  /// Of the first values: their number, sum, and the sum of the logarithms of the positive ones.
  private var baseCount = 0
  private var baseSum = 0.0
  private var baseLogs = 0.0
  private var baseLogCount = 0
  /// The newest values, oldest first.
  public private(set) var recent: [Point] = []
  /// The whole, as means of equally many values each, oldest first.
  public private(set) var past: [Point] = []
  /// How many values a point of `past` is the mean of.
  private var stride = 1
  private var pendingSum = 0.0
  private var pendingCount = 0
  /// The least and largest finite values there were.
  public private(set) var least: Point?
  public private(set) var largest: Point?
  /// Values that weren't finite.
  public private(set) var nonFiniteCount = 0

  public init() {}

  public mutating func add(step: Int, value: Double) {
    guard value.isFinite else {
      nonFiniteCount += 1
      return
    }
    count += 1
    if first == nil { first = value }
    if baseCount < Self.baselineLength {
      baseCount += 1
      baseSum += value
      if value > 0 {
        baseLogs += log(value)
        baseLogCount += 1
      }
    }
    let point = Point(step: step, value: value)
    if least.map({ value < $0.value }) ?? true { least = point }
    if largest.map({ value > $0.value }) ?? true { largest = point }
    // Trimmed by halves, so that adding stays cheap.
    recent.append(point)
    if recent.count >= 2 * Self.recentLength {
      recent.removeFirst(recent.count - Self.recentLength)
    }
    pendingSum += value
    pendingCount += 1
    guard pendingCount == stride else { return }
    past.append(Point(step: step, value: pendingSum / Double(pendingCount)))
    pendingSum = 0
    pendingCount = 0
    if past.count == Self.pastLength {
      past = Swift.stride(from: 0, to: past.count - 1, by: 2).map {
        Point(step: past[$0 + 1].step, value: (past[$0].value + past[$0 + 1].value) / 2)
      }
      stride *= 2
    }
  }

  public var last: Point? { recent.last }

  /// The newest values, at most so many.
  public func newest(_ count: Int) -> ArraySlice<Point> { recent.suffix(count) }

  /// The mean of the newest values; `nil` when there are fewer than asked for.
  public func mean(ofNewest count: Int) -> Double? {
    guard recent.count >= count, count > 0 else { return nil }
    return recent.suffix(count).reduce(0) { $0 + $1.value } / Double(count)
  }

  /// The mean of the logarithms of the newest positive values; `nil` when there are fewer than asked for.
  public func logMean(ofNewest count: Int) -> Double? {
    let positive = recent.suffix(count).filter { $0.value > 0 }
    guard positive.count >= count, count > 0 else { return nil }
    return positive.reduce(0) { $0 + log($1.value) } / Double(positive.count)
  }

  /// The mean of the first values; `nil` before there is one.
  public var baseline: Double? { baseCount == 0 ? nil : baseSum / Double(baseCount) }
  /// Whether the baseline is complete.
  public var hasBaseline: Bool { baseCount == Self.baselineLength }
  /// The geometric mean of the first positive values.
  public var logBaseline: Double? { baseLogCount == 0 ? nil : baseLogs / Double(baseLogCount) }

  /// The least mean of a stretch of the past.
  public var leastOfPast: Point? { past.min { $0.value < $1.value } }

  // MARK: - State

  var json: JSON {
    func points(_ points: [Point]) -> JSON {
      .array(points.map { [.integer($0.step), .number($0.value)] })
    }
    var object = JSONObject([
      ("count", .integer(count)),
      (
        "base",
        [.integer(baseCount), .number(baseSum), .number(baseLogs), .integer(baseLogCount)]
      ),
      ("recent", points(recent.suffix(Self.recentLength))), ("past", points(past)),
      ("pending", [.integer(stride), .number(pendingSum), .integer(pendingCount)]),
      ("nonfinite", .integer(nonFiniteCount)),
    ])
    if let first { object["first"] = .number(first) }
    if let least, let largest { object["extremes"] = points([least, largest]) }
    return .object(object)
  }

  init(_ json: JSON) {
    func points(_ json: JSON?) -> [Point] {
      (json?.array ?? []).compactMap { pair in
        guard let step = pair[0]?.integer, let value = pair[1]?.double else { return nil }
        return Point(step: step, value: value)
      }
    }
    count = json["count"]?.integer ?? 0
    let base = json["base"]
    baseCount = base?[0]?.integer ?? 0
    baseSum = base?[1]?.double ?? 0
    baseLogs = base?[2]?.double ?? 0
    baseLogCount = base?[3]?.integer ?? 0
    first = json["first"]?.double
    recent = points(json["recent"])
    past = points(json["past"])
    stride = max(1, json["pending"]?[0]?.integer ?? 1)
    pendingSum = json["pending"]?[1]?.double ?? 0
    pendingCount = json["pending"]?[2]?.integer ?? 0
    nonFiniteCount = json["nonfinite"]?.integer ?? 0
    let extremes = points(json["extremes"])
    least = extremes.first
    largest = extremes.last
  }
}
