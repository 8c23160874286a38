import JSON

/// What is done to a number before a model sees it: `(value - subtract) / divide`.
public struct Scaling: Hashable, Sendable {
  public let subtract: Double
  public let divide: Double

  /// - Precondition: `divide` is neither zero nor infinite.
  public init(subtract: Double = 0, divide: Double = 1) {
    precondition(divide.isFinite && divide != 0, "nothing can be divided by \(divide)")
    self.subtract = subtract
    self.divide = divide
  }

  public static let identity = Scaling()
  /// Bytes to 0…1.
  public static let unit = Scaling(divide: 255)

  /// The number a model sees.
  public func encode(_ value: Double) -> Double { (value - subtract) / divide }

  /// The number of the upload that a model's number stands for.
  public func decode(_ value: Double) -> Double { value * divide + subtract }

  var json: JSON {
    .object(JSONObject([("subtract", .number(subtract)), ("divide", .number(divide))]))
  }

  init(_ json: JSON, pointer: String) throws(Faults) {
    var reader = ObjectReader(json, pointer: pointer)
    let limit = Double.greatestFiniteMagnitude
    let subtract = reader.double("subtract", in: -limit...limit) ?? 0
    let divide = reader.double("divide", in: Double.leastNonzeroMagnitude...limit) ?? 1
    try reader.finish().check()
    self.init(subtract: subtract, divide: divide)
  }
}

/// How numbers of features or targets are scaled.
public enum ScalingMethod: String, Hashable, Sendable, CaseIterable {
  /// As they are.
  case none
  /// To mean 0 and deviation 1: subtract the mean, divide by the population's standard deviation.
  case standard
  /// To 0…1: subtract the least, divide by the range.
  case minMax = "min_max"
  /// Divide by 255, which takes bytes to 0…1.
  case unit
  /// Subtract the median, divide by the range of the middle half.
  case robust
  /// The sign of the number times log(1 + |number|), as it is.
  case log

  /// Whether it is for the columns of tables alone: arrays, series and targets have neither quantiles nor logarithms.
  var isOfTables: Bool { self == .robust || self == .log }

  /// The scaling for values of which these statistics are known; a constant isn't divided.
  func scaling(for statistics: NumberStatistics) -> Scaling {
    switch self {
    case .none, .log: .identity
    case .unit: .unit
    // Without quantiles the nearest to them.
    case .standard, .robust:
      Scaling(
        subtract: statistics.mean, divide: statistics.deviation > 0 ? statistics.deviation : 1)
    case .minMax:
      Scaling(
        subtract: statistics.minimum,
        divide: statistics.maximum - statistics.minimum > 0
          && (statistics.maximum - statistics.minimum).isFinite
          ? statistics.maximum - statistics.minimum : 1)
    }
  }
}
