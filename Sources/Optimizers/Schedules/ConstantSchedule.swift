import JSON

/// The full learning rate at every step after the warm-up.
public struct ConstantSchedule: Schedule {
  public let warmup: Warmup

  public static let documentation = CatalogEntry(
    type: "constant",
    summary: "The full learning rate at every step after the warm-up.",
    formula: "1",
    fields: Warmup.fields,
    source: "As torch.optim.lr_scheduler.ConstantLR with factor 1.")

  public init(warmup: Warmup = .none) { self.warmup = warmup }
  public init(from reader: inout ObjectReader, warmup: Warmup) { self.warmup = warmup }

  public func decay(at place: SchedulePlace) -> Double { 1 }
}
