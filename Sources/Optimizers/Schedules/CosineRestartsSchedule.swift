import Foundation
import JSON

/// Half a cosine again and again, each time from the full rate, over periods that may grow.
///
/// `f + (1 - f) (1 + cos(π t / T)) / 2`, `t` steps into a period of `T = first · multiplier^n` steps, `n` restarts before it.
/// Loshchilov and Hutter 2016, arXiv:1608.03983.
public struct CosineRestartsSchedule: Schedule {
  public let warmup: Warmup
  public let first: ScheduleSpan
  public let multiplier: Int
  public let finalFraction: Double

  private static let first = ScheduleSpan.fields("first", "The first period", isRequired: true)
  private static let multiplier = Field(
    "multiplier", .integer(1...1000), default: 1,
    "How many times as long each period is as the one before.")

  public static let documentation = CatalogEntry(
    type: "cosine_restarts",
    summary:
      "Half a cosine again and again, each time from the full rate, over periods that may grow.",
    formula:
      "f + (1 - f) (1 + cos(π t / T)) / 2, t steps into the nth period of T = first · multiplier^n",
    fields: first + [multiplier, ScheduleFields.finalFraction] + Warmup.fields,
    source:
      "Loshchilov and Hutter 2016, arXiv:1608.03983. As CosineAnnealingWarmRestarts of PyTorch.")

  public init(from reader: inout ObjectReader, warmup: Warmup) {
    self.warmup = warmup
    first = ScheduleSpan.read(&reader, Self.first) ?? .steps(1)
    multiplier = reader.integer(Self.multiplier)
    finalFraction = reader.double(ScheduleFields.finalFraction)
  }

  public var configuration: [(String, JSON)] {
    [
      first.member("first"), ("multiplier", .integer(multiplier)),
      ("final_fraction", .number(finalFraction)),
    ]
  }

  public func decay(at place: SchedulePlace) -> Double {
    var (at, period) = place.clock(first)
    if multiplier == 1 {
      at %= period
    } else {
      while at >= period {
        at -= period
        period *= multiplier
      }
    }
    let share = Double(at) / Double(period)
    return finalFraction + (1 - finalFraction) * (1 + cos(Double.pi * share)) / 2
  }
}
