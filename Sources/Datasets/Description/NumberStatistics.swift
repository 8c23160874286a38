import JSON

/// Count, mean, deviation and extremes of numbers.
public struct NumberStatistics: Hashable, Sendable {
  public let count: Int
  public let mean: Double
  /// The population's standard deviation: the squares' sum is divided by the count.
  public let deviation: Double
  public let minimum: Double
  public let maximum: Double

  var members: [(String, JSON)] {
    [
      ("count", .integer(count)), ("mean", .number(mean)), ("std", .number(deviation)),
      ("min", .number(minimum)), ("max", .number(maximum)),
    ]
  }

  /// `{"count", "mean", "std", "min", "max"}`.
  public var json: JSON { .object(JSONObject(members)) }

  init(reader: inout ObjectReader) {
    let numbers = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
    count = reader.integer("count", in: 0...Int.max) ?? 0
    mean = reader.double("mean", in: numbers) ?? 0
    deviation = reader.double("std", in: 0...Double.greatestFiniteMagnitude) ?? 0
    minimum = reader.double("min", in: numbers) ?? 0
    maximum = reader.double("max", in: numbers) ?? 0
  }

  init(_ json: JSON, pointer: String) throws(Faults) {
    var reader = ObjectReader(json, pointer: pointer)
    self.init(reader: &reader)
    try reader.finish().check()
  }

  fileprivate init(count: Int, mean: Double, deviation: Double, minimum: Double, maximum: Double) {
    self.count = count
    self.mean = mean
    self.deviation = deviation
    self.minimum = minimum
    self.maximum = maximum
  }
}

/// Takes the statistics of numbers that come one after the other.
///
/// Mean and squares by Welford's recurrence, merged by Chan's. Welford 1962,
/// doi:10.1080/00401706.1962.10490022; Chan, Golub, LeVeque 1983, doi:10.1080/00031305.1983.10483115.
struct RunningStatistics {
  init() {}

  /// Statistics that were taken elsewhere.
  ///
  /// - Parameter squares: the sum of squared differences from the mean.
  init(count: Int, mean: Double, squares: Double, minimum: Double, maximum: Double) {
    guard count > 0 else { return }
    self.count = count
    self.mean = mean
    self.squares = squares
    self.minimum = minimum
    self.maximum = maximum
  }

  private(set) var count = 0
  private(set) var mean = 0.0
  /// The sum of squared differences from the mean.
  private var squares = 0.0
  private var minimum = Double.infinity
  private var maximum = -Double.infinity

  /// What was found; zeros when there was no number, and finite whatever the numbers were.
  var summary: NumberStatistics {
    guard count > 0 else {
      return NumberStatistics(count: 0, mean: 0, deviation: 0, minimum: 0, maximum: 0)
    }
    let largest = Double.greatestFiniteMagnitude
    let deviation = (squares / Double(count)).squareRoot()
    return NumberStatistics(
      count: count, mean: mean.isFinite ? mean : minimum / 2 + maximum / 2,
      deviation: deviation.isFinite ? deviation : largest, minimum: minimum, maximum: maximum)
  }

  /// - Precondition: `value` is finite.
  mutating func add(_ value: Double) {
    count += 1
    let difference = value - mean
    mean += difference / Double(count)
    squares += difference * (value - mean)
    if value < minimum { minimum = value }
    if value > maximum { maximum = value }
  }

  mutating func merge(_ other: RunningStatistics) {
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
}
