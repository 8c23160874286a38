import JSON

/// The full learning rate at every step after the warm-up.
public struct ConstantSchedule: Schedule {
  public let warmupSteps: Int

  public static let documentation = CatalogEntry(
    type: "constant",
    summary: "The full learning rate at every step after the warm-up.",
    formula: "1",
    fields: [ScheduleFields.warmupSteps],
    source: "As torch.optim.lr_scheduler.ConstantLR with factor 1.")

  public init(warmupSteps: Int = 0) { self.warmupSteps = warmupSteps }
  public init(from reader: inout ObjectReader, warmupSteps: Int) {
    self.warmupSteps = warmupSteps
  }

  public func decay(at step: Int, of steps: Int) -> Double { 1 }
}
