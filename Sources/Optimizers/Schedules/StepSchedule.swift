import Foundation
import JSON

/// A rate that is cut by one factor again and again.
///
/// `gamma^floor(t / every)`.
public struct StepSchedule: Schedule {
  public let warmup: Warmup
  public let every: ScheduleSpan
  public let gamma: Double

  private static let every = ScheduleSpan.fields(
    "every", "After how long the rate is cut", isRequired: true)

  public static let documentation = CatalogEntry(
    type: "step",
    summary: "A rate that is cut by one factor again and again.",
    formula: "gamma^floor(t / every), t steps after the warm-up, or epochs of the run",
    fields: every + [ScheduleFields.gamma] + Warmup.fields,
    source: "As torch.optim.lr_scheduler.StepLR.")

  public init(from reader: inout ObjectReader, warmup: Warmup) {
    self.warmup = warmup
    every = ScheduleSpan.read(&reader, Self.every) ?? .steps(1)
    gamma = reader.double(ScheduleFields.gamma)
  }

  public var configuration: [(String, JSON)] {
    [every.member("every"), ("gamma", .number(gamma))]
  }

  public func decay(at place: SchedulePlace) -> Double {
    let (at, span) = place.clock(every)
    return pow(gamma, Double(at / span))
  }
}
