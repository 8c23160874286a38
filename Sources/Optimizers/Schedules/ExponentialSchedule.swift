import Foundation
import JSON

/// A rate that falls by the same factor in the same time.
///
/// `gamma^(t / every)`; with `staircase` the exponent is the whole number below.
public struct ExponentialSchedule: Schedule {
  public let warmup: Warmup
  public let every: ScheduleSpan
  public let gamma: Double
  public let isStaircase: Bool

  private static let every = ScheduleSpan.fields(
    "every", "In how long the rate falls by gamma; 1 step when left out")
  private static let gamma = Field(
    "gamma", .number(0...1), isRequired: true, "By what the rate is multiplied in that time.")
  private static let staircase = Field(
    "staircase", .boolean, default: false, "Whether it falls at once at the end of each such time.")

  public static let documentation = CatalogEntry(
    type: "exponential",
    summary: "A rate that falls by the same factor in the same time.",
    formula: "gamma^(t / every), t steps after the warm-up, or epochs of the run",
    fields: [gamma] + every + [staircase] + Warmup.fields,
    source: "As torch.optim.lr_scheduler.ExponentialLR, and ExponentialDecay of Keras.")

  public init(from reader: inout ObjectReader, warmup: Warmup) {
    self.warmup = warmup
    every = ScheduleSpan.read(&reader, Self.every) ?? .steps(1)
    gamma = reader.double(Self.gamma)
    isStaircase = reader.bool(Self.staircase)
  }

  public var configuration: [(String, JSON)] {
    [every.member("every"), ("gamma", .number(gamma)), ("staircase", .bool(isStaircase))]
  }

  public func decay(at place: SchedulePlace) -> Double {
    let (at, span) = place.clock(every)
    return pow(gamma, isStaircase ? Double(at / span) : Double(at) / Double(span))
  }
}
