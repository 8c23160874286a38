import JSON

/// Count, mean, deviation and extremes of numbers, in one pass.
///
/// Mean and squares by Welford's recurrence, merged by Chan's. Welford 1962,
/// doi:10.1080/00401706.1962.10490022; Chan, Golub, LeVeque 1983, doi:10.1080/00031305.1983.10483115.
public struct NumberStatistics: Hashable, Sendable {
  public private(set) var count = 0
  public private(set) var mean = 0.0
  /// The sum of squared differences from the mean.
  private var squares = 0.0
  public private(set) var minimum = Double.infinity
  public private(set) var maximum = -Double.infinity

  public init() {}

  /// The population's standard deviation: squares divided by the count.
  public var deviation: Double { count > 0 ? (squares / Double(count)).squareRoot() : 0 }

  /// - Precondition: `value` is finite.
  mutating func add(_ value: Double) {
    count += 1
    let difference = value - mean
    mean += difference / Double(count)
    squares += difference * (value - mean)
    if value < minimum { minimum = value }
    if value > maximum { maximum = value }
  }

  mutating func merge(_ other: NumberStatistics) {
    guard other.count > 0 else { return }
    let total = count + other.count
    let difference = other.mean - mean
    let share = Double(other.count) / Double(total)
    squares += other.squares + difference * difference * Double(count) * share
    mean += difference * share
    count = total
    minimum = Swift.min(minimum, other.minimum)
    maximum = Swift.max(maximum, other.maximum)
  }

  var members: [(String, JSON)] {
    guard count > 0 else { return [("count", 0)] }
    return [
      ("count", .integer(count)), ("mean", .number(mean)), ("std", .number(deviation)),
      ("min", .number(minimum)), ("max", .number(maximum)),
    ]
  }

  /// `{"count", "mean", "std", "min", "max"}`; only the count when that's zero.
  public var json: JSON { .object(JSONObject(members)) }

  init(reader: inout ObjectReader) {
    let numbers = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
    count = reader.integer("count", in: 0...Int.max) ?? 0
    guard count > 0 else { return }
    mean = reader.double("mean", in: numbers) ?? 0
    let deviation = reader.double("std", in: 0...Double.greatestFiniteMagnitude) ?? 0
    squares = deviation * deviation * Double(count)
    minimum = reader.double("min", in: numbers) ?? 0
    maximum = reader.double("max", in: numbers) ?? 0
  }

  init(_ json: JSON, pointer: String) throws(Faults) {
    var reader = ObjectReader(json, pointer: pointer)
    self.init(reader: &reader)
    try reader.finish().check()
  }
}
