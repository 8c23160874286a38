import JSON

/// A straight line from the full rate down to a fraction of it.
///
/// `1 + (f - 1) t / T`.
public struct LinearSchedule: Schedule {
  public let warmupSteps: Int
  public let finalFraction: Double

  public static let documentation = CatalogEntry(
    type: "linear",
    summary: "A straight line from the full rate down to a fraction of it.",
    formula: "1 + (f - 1) t / T, t of T steps after the warm-up",
    fields: [ScheduleFields.warmupSteps, ScheduleFields.finalFraction],
    source: "As torch.optim.lr_scheduler.LinearLR.")

  public init(from reader: inout ObjectReader, warmupSteps: Int) {
    self.warmupSteps = warmupSteps
    finalFraction = reader.double(ScheduleFields.finalFraction)
  }

  public var configuration: [(String, JSON)] { [("final_fraction", .number(finalFraction))] }

  public func decay(at step: Int, of steps: Int) -> Double {
    1 + (finalFraction - 1) * min(Double(step) / Double(steps), 1)
  }
}
