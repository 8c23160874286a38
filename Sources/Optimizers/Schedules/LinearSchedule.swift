import JSON

/// A straight line from the full rate down to a fraction of it.
///
/// `1 + (f - 1) t / T`.
public struct LinearSchedule: Schedule {
  public let warmup: Warmup
  public let finalFraction: Double
  /// `nil` for all of the run after the warm-up.
  public let span: ScheduleSpan?

  public static let documentation = CatalogEntry(
    type: "linear",
    summary: "A straight line from the full rate down to a fraction of it.",
    formula: "1 + (f - 1) t / T, t of T steps after the warm-up",
    fields: [ScheduleFields.finalFraction] + ScheduleFields.decay + Warmup.fields,
    source: "As torch.optim.lr_scheduler.LinearLR.")

  public init(from reader: inout ObjectReader, warmup: Warmup) {
    self.warmup = warmup
    finalFraction = reader.double(ScheduleFields.finalFraction)
    span = ScheduleSpan.read(&reader, ScheduleFields.decay)
  }

  public var configuration: [(String, JSON)] {
    [("final_fraction", .number(finalFraction))] + (span.map { [$0.member("decay")] } ?? [])
  }

  public func decay(at place: SchedulePlace) -> Double {
    1 + (finalFraction - 1) * place.progress(over: span)
  }
}
