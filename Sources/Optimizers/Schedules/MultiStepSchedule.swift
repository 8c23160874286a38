import Foundation
import JSON

/// A rate that is cut by one factor at each of some milestones.
///
/// `gamma^n`, `n` the milestones reached: one of 30 is reached after 30 steps, or epochs.
public struct MultiStepSchedule: Schedule {
  public let warmup: Warmup
  public let milestones: Milestones
  public let gamma: Double

  public static let documentation = CatalogEntry(
    type: "multi_step",
    summary: "A rate that is cut by one factor at each of some milestones.",
    formula:
      "gamma^n, n milestones at or before t, t steps after the warm-up, or epochs of the run",
    fields: Milestones.fields + [ScheduleFields.gamma] + Warmup.fields,
    source: "As torch.optim.lr_scheduler.MultiStepLR.")

  public init(from reader: inout ObjectReader, warmup: Warmup) {
    self.warmup = warmup
    milestones = Milestones(&reader)
    gamma = reader.double(ScheduleFields.gamma)
  }

  public var configuration: [(String, JSON)] {
    [milestones.member, ("gamma", .number(gamma))]
  }

  public func decay(at place: SchedulePlace) -> Double {
    pow(gamma, Double(milestones.reached(place)))
  }
}
