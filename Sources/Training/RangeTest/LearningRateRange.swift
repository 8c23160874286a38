import Foundation
import JSON

/// Which learning rates a range test tries: the `lr_range_test` object of a run.
///
/// From `min` at step 1 to `max` at the last, by one factor a step or by one difference. Smith 2015, arXiv:1506.01186.
public struct LearningRateRange: Hashable, Sendable {
  public enum Growth: String, Hashable, Sendable, CaseIterable {
    case exponential, linear
  }

  public let minimum: Double
  public let maximum: Double
  public let steps: Int
  public let growth: Growth
  /// Of the loss: how much of the mean before stays in the next.
  public let smoothing: Double
  /// How many times the smallest smoothed loss ends the test; `nil` for none.
  public let stopFactor: Double?

  static let stepCounts = 10...10_000

  /// The name of a run's mode.
  public static let mode = "lr_range_test"

  private static let rates = 1e-12...1e6
  private static let minimum = Field(
    "min", .number(rates), default: 1e-7, "The rate of the first step.")
  private static let maximum = Field(
    "max", .number(rates), default: 10.0, "The rate of the last step.")
  private static let steps = Field("steps", .integer(stepCounts), default: 100, "How many.")
  private static let growth = Field(
    "growth", .choice(Growth.allCases.map(\.rawValue)), default: "exponential",
    "Whether the rate grows by one factor a step or by one difference.")
  private static let smoothing = Field(
    "smoothing", .number(0...0.9999), default: 0.98,
    "How much of the mean loss stays in the next; 0 for the loss as it is.")
  private static let stops = Field(
    "stop_on_divergence", .boolean, default: true,
    "Whether the test ends when the smoothed loss is above stop_factor times its smallest.")
  private static let stopFactor = Field(
    "stop_factor", .number(1.0001...1e12), default: 4.0, "See stop_on_divergence.")
  public static let fields = [minimum, maximum, steps, growth, smoothing, stops, stopFactor]

  /// Decodes the object; what it leaves out keeps its default.
  public init(_ json: JSON, pointer: String = "") throws(Faults) {
    var reader = ObjectReader(json, pointer: pointer)
    minimum = reader.double(Self.minimum)
    maximum = reader.double(Self.maximum)
    steps = reader.integer(Self.steps)
    growth = Growth(rawValue: reader.choice(Self.growth)) ?? .exponential
    smoothing = reader.double(Self.smoothing)
    let stops = reader.bool(Self.stops)
    let factor = reader.double(Self.stopFactor)
    stopFactor = stops ? factor : nil
    if !stops, reader.has(Self.stopFactor.name) {
      reader.fault(Self.stopFactor.name, "contradicts stop_on_divergence, which is false")
    }
    if reader.faults.isEmpty, minimum >= maximum {
      let member = reader.has(Self.maximum.name) ? Self.maximum.name : Self.minimum.name
      reader.fault(member, "the range is from \(minimum) to \(maximum); min must be below max")
    }
    try reader.finish().check()
  }

  /// The rate of a step, counted from 1.
  public func rate(step: Int) -> Double {
    let share = Double(min(step, steps) - 1) / Double(steps - 1)
    return switch growth {
    case .exponential: minimum * pow(maximum / minimum, share)
    case .linear: minimum + (maximum - minimum) * share
    }
  }

  /// Finds what contradicts the test in a `training` object, and answers how long it takes.
  func duration(_ training: inout ObjectReader) -> TrainingConfiguration.Duration {
    for (name, reason) in [
      ("epochs", "lr_range_test.steps says how long the test takes"),
      ("steps", "lr_range_test.steps says how long the test takes"),
      ("schedule", "the test itself changes the rate"),
      ("validation", "nothing is validated in it"),
      ("early_stopping", "nothing is validated in it; lr_range_test.stop_factor ends it"),
      ("stop", "lr_range_test.stop_factor ends it"),
    ] {
      _ = training.value(name)
      guard training.has(name) else { continue }
      training.fault(name, "contradicts the mode \(Self.mode): \(reason); leave it out")
    }
    return .steps(steps)
  }
}
